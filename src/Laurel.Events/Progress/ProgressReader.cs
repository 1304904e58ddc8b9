using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Progress;

/// <summary>
/// Whose progress is wanted: in one event (and window, else the one that is open or was the last), or in a page of events; of those
/// alone that measure an activity, where one is named.
/// </summary>
internal readonly record struct ProgressWish(string UserId, EventId? Event = null, DateOnly? Window = null, Guid? Before = null, int Limit = 100, string? Activity = null);

/// <summary>What a user has reached in events, by one state of the catalog.</summary>
/// <param name="Snapshot">The state of the catalog.</param>
/// <param name="Events">The events, each with one of its windows.</param>
/// <param name="Claims">The user's claims in these windows.</param>
/// <param name="Supplies">How much is left of what there is an end of.</param>
internal sealed record Reached(
    CatalogSnapshot Snapshot,
    IReadOnlyList<(RunningEvent Event, Window Window, Rules.Progress Progress)> Events,
    IReadOnlyDictionary<ClaimKey, Claim> Claims,
    Supplies Supplies)
{
    public ProgressView Show((RunningEvent Event, Window Window, Rules.Progress Progress) one, string userId, DateTimeOffset now) =>
        ProgressView.Of(one.Event, one.Window, one.Progress, offer => Claims.GetValueOrDefault(new ClaimKey(userId, one.Event.Id, offer, one.Window.Key)), Supplies, now);
}

/// <summary>
/// Reads what users have reached, for many callers at once. What it answers was true at one moment after the caller asked: the
/// catalog's version is read with the rows, and by an older catalog than that nothing is judged.
/// </summary>
internal sealed class ProgressReader
{
    private const int MaxKeys = 5_000;

    private readonly EventsDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger<ProgressReader> _log;
    private readonly GroupRead<ProgressWish, Reached> _group;

    public ProgressReader(EventsDatabase database, EventCatalog catalog, TimeProvider time, ILogger<ProgressReader> log)
    {
        _database = database;
        _time = time;
        _log = log;
        _group = new(wishes => catalog.Read(snapshot => Read(snapshot, wishes), CancellationToken.None));
    }

    /// <summary>What the user has reached in the events that are wanted, as far as players can see them, newest first.</summary>
    public async Task<Reached> Of(ProgressWish wish, CancellationToken cancellation) => (await _group.Get(wish, cancellation))!;

    /// <summary>Null where the snapshot is older than what the rows belong to.</summary>
    private async Task<Dictionary<ProgressWish, Reached>?> Read(CatalogSnapshot snapshot, ProgressWish[] wishes)
    {
        var now = _time.GetUtcNow();
        var touches = Array.ConvertAll(wishes, wish => ShownEvents.Of(snapshot, wish, now)
            .Select(shown => new Touch(new ProgressKey(wish.UserId, shown.Event.Id, shown.Window.Key), shown.Event, shown.Window)).ToList());
        var all = touches.SelectMany(ofWish => ofWish).ToList();

        await using var connection = await _database.Batches.OpenConnectionAsync();
        var (claims, supplies) = (new Dictionary<ClaimKey, Claim>(), new Supplies());
        for (var start = 0; start == 0 || start < all.Count; start += MaxKeys)
        {
            if (await ReadPart(connection, all[start..Math.Min(start + MaxKeys, all.Count)], claims, supplies, now) != snapshot.Version)
                return null;
        }

        if (all.Exists(touch => touch.Row?.Epoch > touch.Event.Epoch))
            return null;
        await Folding.Refold(connection, snapshot.Log, all.Where(touch => touch.MustRefold && snapshot.Log.ReachTo(touch.Window.Start)), static (touch, activity) => touch.Add(activity));
        return wishes.Index().ToDictionary(one => one.Item, one => new Reached(snapshot, Readable(touches[one.Index]), claims, supplies));
    }

    /// <summary>In one round trip, which catalog holds, these rows, and what has been claimed and is left.</summary>
    private static async Task<long> ReadPart(
        NpgsqlConnection connection, List<Touch> touches, Dictionary<ClaimKey, Claim> claims, Supplies supplies, DateTimeOffset now)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Fence.Read(),
                ProgressStore.Read(touches.ConvertAll(touch => touch.Key)),
                ClaimStore.Find(touches.ConvertAll(touch => (touch.Key.UserId, touch.Key.EventId, touch.Key.Window))),
            },
        };
        supplies.Ask(batch, touches.Select(touch => touch.Event).Distinct().SelectMany(on => on.Payouts).ToHashSet(), now);
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.ReadAsync();
        var version = reader.GetInt64(0);
        await reader.NextResultAsync();
        await Folding.Read(reader, touches);
        await reader.NextResultAsync();
        await ClaimStore.ReadAll(reader, claims);
        await reader.NextResultAsync();
        await supplies.Read(reader);
        return version;
    }

    /// <summary>A state that cannot be read is for the next fold to raise the alarm about; until then the other events are shown.</summary>
    private List<(RunningEvent Event, Window Window, Rules.Progress Progress)> Readable(List<Touch> touches)
    {
        var readable = new List<(RunningEvent Event, Window Window, Rules.Progress Progress)>(touches.Count);
        foreach (var touch in touches)
        {
            try
            {
                readable.Add((touch.Event, touch.Window, touch.Reached));
            }
            catch (InvalidDataException exception)
            {
                _log.LogError(exception, "The progress of a user in event {Event} cannot be read.", touch.Event.Id.Value);
            }
        }

        return readable;
    }
}

using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Progress;

/// <summary>How far one user is in an event, in one of its windows.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Window">The repetition that this is about.</param>
/// <param name="Met">Whether the event's condition is met.</param>
/// <param name="Leaves">How far each leaf of it is.</param>
/// <param name="MetOffers">The offers whose condition is met.</param>
/// <param name="UpdatedAt">When something counted last.</param>
public sealed record UserProgress(
    string UserId, NamedWindow Window, bool Met, IReadOnlyList<LeafVerdict> Leaves, IReadOnlyList<OfferId> MetOffers, DateTimeOffset UpdatedAt);

/// <summary>Which users' progress in an event is wanted.</summary>
/// <param name="Event">The event.</param>
/// <param name="Bit">That of the condition that is asked about: 0 is the event's own, others are offers' ordinals.</param>
/// <param name="Met">Whether it is to be met; null: either.</param>
/// <param name="Window">In this window alone.</param>
internal sealed record ParticipantFilter(EventId Event, int Bit = 0, bool? Met = null, DateOnly? Window = null)
{
    public bool Accepts(long met) => Met is not { } wanted || ((met >> Bit) & 1) != 0 == wanted;
}

/// <summary>The place of a row in the list of an event.</summary>
internal readonly record struct ParticipantKey(string UserId, DateOnly Window)
{
    public static readonly ParticipantKey BeforeAll = new("", DateOnly.MinValue);
}

/// <summary>
/// The users of one event. No index knows who has met what, since that would cost every completion a write in the hot path; so a
/// page looks through rows in the order of their keys for as long as <see cref="Patience"/> lasts, and then says how far it came.
/// </summary>
internal sealed class Participants(EventsDatabase database, EventCatalog catalog, TimeProvider time, ILogger<Participants> alarm)
{
    /// <summary>How many rows one statement looks at.</summary>
    internal const int Stretch = 10_000;

    internal const string Statement =
        """
        WITH scanned AS MATERIALIZED (
            SELECT user_id, window_key, met, row_number() OVER (ORDER BY event_id, user_id, window_key) AS place
            FROM progress
            WHERE (event_id, user_id, window_key) > ($1, $2, $3) AND event_id <= $1
            ORDER BY event_id, user_id, window_key
            LIMIT $4
        ),
        found AS (
            SELECT user_id, window_key, place
            FROM scanned
            WHERE met & $5 = $6 AND ($7::date IS NULL OR window_key = $7)
            ORDER BY place
            LIMIT $8
        )
        SELECT found.place, found.user_id, found.window_key, progress.updated_at, progress.version, progress.epoch, progress.met, progress.state
        FROM found
        JOIN progress ON progress.user_id = found.user_id AND progress.event_id = $1 AND progress.window_key = found.window_key
        UNION ALL
        SELECT place, user_id, window_key, NULL, NULL, NULL, NULL, NULL
        FROM scanned
        WHERE place = $4
        ORDER BY place
        """;

    /// <summary>How long one page is looked for.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Up to so many, and the key after which the next page starts; null where there is no more.</summary>
    public async Task<(List<UserProgress> Users, ParticipantKey? Next)> List(
        ParticipantFilter filter, ParticipantKey after, int limit, CancellationToken cancellation)
    {
        var users = new List<UserProgress>(limit);
        var started = time.GetTimestamp();
        do
        {
            var from = after;
            var (found, next) = await catalog.Read(snapshot => Look(snapshot, filter, from, limit - users.Count, cancellation), cancellation);
            users.AddRange(found);
            if (next is null)
                return (users, null);
            after = next.Value;
        }
        while (users.Count < limit && time.GetElapsedTime(started) < Patience);

        return (users, after);
    }

    /// <summary>Null where the snapshot is older than what the rows belong to.</summary>
    private async Task<Looked?> Look(
        CatalogSnapshot snapshot, ParticipantFilter filter, ParticipantKey after, int limit, CancellationToken cancellation)
    {
        if (snapshot.Events.GetValueOrDefault(filter.Event) is not { } on)
            return new Looked([], null);

        await using var connection = await database.Batches.OpenConnectionAsync(cancellation);
        var (found, end) = (new List<Found>(limit), (ParticipantKey?)null);
        await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { Fence.Read(), Scan(filter, after, limit) } })
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            if (reader.GetInt64(0) != snapshot.Version)
                return null;
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                var key = new ParticipantKey(reader.GetString(1), reader.GetFieldValue<DateOnly>(2));
                if (reader.IsDBNull(3))
                    end ??= key;
                else if (found.Count == limit)
                    end = found[^1].Key;
                else
                    found.Add(new Found(key, reader.Time(3), ProgressStore.Row(reader, 4)));
            }
        }

        return new Looked(await Shown(connection, snapshot.Log, filter, on, found), end);
    }

    /// <summary>
    /// As they are judged today. Rows of another epoch are folded anew for that: whoever was found by what had been stored and does
    /// not fit any more is left out.
    /// </summary>
    private async Task<IEnumerable<UserProgress>> Shown(
        NpgsqlConnection connection, StoredGenerations log, ParticipantFilter filter, RunningEvent on, List<Found> found)
    {
        var shown = new List<(Touch Touch, DateTimeOffset UpdatedAt)>(found.Count);
        foreach (var (key, updatedAt, row) in found)
        {
            // A window that the event has no more, since its period was changed, is nothing that anybody can claim in.
            if (on.Definition.Calendar.WindowAt(key.Window) is { } window)
                shown.Add((new Touch(new ProgressKey(key.UserId, on.Id, key.Window), on, window) { Row = row }, updatedAt));
        }

        var anew = shown.Select(one => one.Touch).Where(touch => touch.MustRefold && log.ReachTo(touch.Window.Start));
        await Folding.Refold(connection, log, anew, static (touch, activity) => touch.Add(activity));
        return shown.Select(one => Shown(filter, one.Touch, one.UpdatedAt)).OfType<UserProgress>();
    }

    private UserProgress? Shown(ParticipantFilter filter, Touch touch, DateTimeOffset updatedAt)
    {
        try
        {
            var on = touch.Event;
            if (!filter.Accepts(Engine.MetBits(on.Definition, touch.Reached)))
                return null;
            var verdict = Engine.Judge(on.Definition, touch.Reached);
            var met = verdict.Offers.Where(offer => offer.Met).Select(offer => offer.Ordinal).ToHashSet();
            return new UserProgress(
                touch.Key.UserId,
                NamedWindow.Of(touch.Window),
                verdict.Met,
                verdict.Leaves,
                [.. on.Offers.Where(offer => met.Contains(offer.Ordinal)).Select(offer => offer.Id)],
                updatedAt);
        }
        catch (InvalidDataException exception)
        {
            alarm.LogError(exception, "The progress of a user in event {Event} cannot be read.", touch.Key.EventId.Value);
            return null;
        }
    }

    /// <summary>One more than is wanted, to see whether there is more.</summary>
    private static NpgsqlBatchCommand Scan(ParticipantFilter filter, ParticipantKey after, int limit) => new(Statement)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = filter.Event.Value },
            new NpgsqlParameter<string> { TypedValue = after.UserId },
            new NpgsqlParameter<DateOnly> { TypedValue = after.Window },
            new NpgsqlParameter<int> { TypedValue = Stretch },
            new NpgsqlParameter<long> { TypedValue = filter.Met is null ? 0 : 1L << filter.Bit },
            new NpgsqlParameter<long> { TypedValue = filter.Met == true ? 1L << filter.Bit : 0 },
            new NpgsqlParameter { Value = filter.Window is { } window ? window : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Date },
            new NpgsqlParameter<int> { TypedValue = limit + 1 },
        },
    };

    private readonly record struct Found(ParticipantKey Key, DateTimeOffset UpdatedAt, ProgressRow Row);

    private sealed record Looked(IEnumerable<UserProgress> Users, ParticipantKey? Next);
}

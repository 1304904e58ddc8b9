using System.Diagnostics.Metrics;
using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Activities;

/// <summary>
/// Takes activities in: those of one user always by the same shard of the pipeline, so that shards never wait for each other's rows.
/// </summary>
internal sealed class Intake : IAsyncDisposable
{
    /// <summary>How old an activity may be when it is reported, and for how long its id is remembered at least.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(7);

    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    internal const int Shards = 2;

    private readonly TimeProvider _time;
    private readonly GroupCommit<Portion, ActivityResult[]> _pipeline;

    public Intake(
        EventsDatabase database, EventCatalog catalog, EventsOptions options, DueSignal due, TimeProvider time, IMeterFactory meters, ILogger<Intake> log)
    {
        _time = time;
        _pipeline = new GroupCommit<Portion, ActivityResult[]>(
            new GroupCommitOptions("activities") { Shards = Shards, MaxBatch = 1_000, Capacity = 20_000 },
            database.Batches,
            () => new ActivityHandler(catalog, options, due, time, log),
            meters,
            log,
            shardBy: portion => portion.Shard,
            weigh: portion => portion.Activities.Count);
    }

    /// <summary>Each activity's result, in their order, when all that were accepted are committed.</summary>
    public async Task<ActivityResult[]> Take(IReadOnlyList<NewActivity> activities, CancellationToken caller)
    {
        var results = new ActivityResult[activities.Count];
        var now = _time.GetUtcNow();
        var shares = new List<(NewActivity Activity, int Place)>?[Shards];
        for (var place = 0; place < activities.Count; place++)
        {
            var activity = activities[place];
            if (Refusal(activity, now) is { } code)
                results[place] = new ActivityResult(activity.Id, ActivityOutcome.Refused, code);
            else
                (shares[ShardOf(activity.UserId)] ??= []).Add((activity, place));
        }

        var portions = new List<Task>(Shards);
        for (var shard = 0; shard < Shards; shard++)
        {
            if (shares[shard] is { } share)
                portions.Add(Settle(share, shard, results, caller));
        }

        await Task.WhenAll(portions);
        return results;
    }

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();

    /// <summary>
    /// The pipeline isolates a portion that the database will not store, or that is too much for one transaction; here it is halved,
    /// until the one activity is found.
    /// </summary>
    private async Task Settle(List<(NewActivity Activity, int Place)> share, int shard, ActivityResult[] results, CancellationToken caller)
    {
        try
        {
            var settled = await _pipeline.Submit(new Portion(shard, share.ConvertAll(one => one.Activity)), caller);
            for (var i = 0; i < share.Count; i++)
                results[share[i].Place] = settled[i];
        }
        catch (Exception refused) when (refused is PostgresException or BatchTooLargeException && share.Count > 1)
        {
            var half = share.Count / 2;
            await Settle(share[..half], shard, results, caller);
            await Settle(share[half..], shard, results, caller);
        }
        catch (PostgresException)
        {
            var (activity, place) = share[0];
            results[place] = new ActivityResult(activity.Id, ActivityOutcome.Refused, RefusalCodes.NotStorable);
        }
    }

    private static string? Refusal(NewActivity activity, DateTimeOffset now) => (activity.Content.OccurredAt - now) switch
    {
        var ahead when ahead > Ahead => RefusalCodes.InTheFuture,
        var behind when behind < -Window => RefusalCodes.TooOld,
        _ => null,
    };

    /// <summary>FNV-1a: the same in every process, and even enough.</summary>
    public static int ShardOf(string userId)
    {
        var hash = 2166136261u;
        foreach (var letter in userId)
            hash = (hash ^ letter) * 16777619u;
        return (int)((hash ^ (hash >> 15)) % Shards);
    }
}

/// <summary>Why one activity was refused; see docs/errors.md.</summary>
internal static class RefusalCodes
{
    public const string TooOld = "activity_too_old";
    public const string InTheFuture = "activity_in_the_future";
    public const string IdReused = "activity_id_reused";
    public const string NotStorable = "activity_not_storable";
}

/// <summary>The activities of one request that one shard works on.</summary>
internal sealed record Portion(int Shard, IReadOnlyList<NewActivity> Activities);

using System.Diagnostics.Metrics;
using Laurel.Events.Activities;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;

namespace Laurel.Events.Deliveries;

/// <summary>Takes what attempts came to: those of one user always by the same shard of the pipeline.</summary>
internal sealed class Attempts : IAsyncDisposable
{
    private readonly GroupCommit<AttemptEnd, bool> _pipeline;

    public Attempts(EventsDatabase database, TimeProvider time, IMeterFactory meters, ILogger<Attempts> log) =>
        _pipeline = new GroupCommit<AttemptEnd, bool>(
            new GroupCommitOptions("deliveries") { Shards = Intake.Shards, MaxBatch = 500, Capacity = 20_000 },
            database.Batches,
            () => new AttemptHandler(time),
            meters,
            log,
            shardBy: end => Intake.ShardOf(end.UserId));

    /// <summary>True once it is committed; false where it was no longer the attempt's to say.</summary>
    public Task<bool> End(AttemptEnd end, CancellationToken caller) => _pipeline.Submit(end, caller);

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}

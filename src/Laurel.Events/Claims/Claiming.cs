using System.Diagnostics.Metrics;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Events.Deliveries;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>Takes claims: those of one user always by the same shard of the pipeline.</summary>
internal sealed class Claiming : IAsyncDisposable
{
    private readonly GroupCommit<ClaimWish, ClaimAnswer> _pipeline;

    public Claiming(EventsDatabase database, EventCatalog catalog, DeliveryBell bell, TimeProvider time, IMeterFactory meters, ILogger<Claiming> log) =>
        _pipeline = new GroupCommit<ClaimWish, ClaimAnswer>(
            new GroupCommitOptions("claims") { Shards = Intake.Shards, MaxBatch = 500, Capacity = 20_000 },
            database.Batches,
            () => new ClaimHandler(catalog, bell, time, log),
            meters,
            log,
            shardBy: wish => Intake.ShardOf(wish.UserId));

    /// <summary>What became of it, once that is committed.</summary>
    public async Task<ClaimAnswer> Claim(ClaimWish wish, CancellationToken caller)
    {
        try
        {
            return await _pipeline.Submit(wish, caller);
        }
        catch (PostgresException refused) when (refused.ConstraintName == "balances_in_range")
        {
            return ClaimAnswer.Refusing(EventsErrors.BalanceFull);
        }
    }

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}

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

    private readonly RefusedClaims _refused;

    public Claiming(
        EventsDatabase database, EventCatalog catalog, EventsOptions options, DeliveryBell bell, RefusedClaims refused, TimeProvider time,
        IMeterFactory meters, ILogger<Claiming> log)
    {
        _refused = refused;
        _pipeline = new GroupCommit<ClaimWish, ClaimAnswer>(
            new GroupCommitOptions("claims") { Shards = Intake.Shards, MaxBatch = 500, Capacity = 20_000 },
            database.Batches,
            () => new ClaimHandler(catalog, options.Claims, bell, time, log),
            meters,
            log,
            shardBy: wish => Intake.ShardOf(wish.UserId));
    }

    /// <summary>What became of it, once that is committed.</summary>
    public async Task<ClaimAnswer> Claim(ClaimWish wish, CancellationToken caller)
    {
        var answer = await Settle(wish, caller);
        if (answer.Refused.Count > 0)
            _refused.Note(wish, answer);
        return answer;
    }

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();

    private async Task<ClaimAnswer> Settle(ClaimWish wish, CancellationToken caller)
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
}

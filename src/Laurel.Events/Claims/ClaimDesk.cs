using Laurel.Events.Catalog;
using Laurel.Events.Coupons;
using Laurel.Events.Deliveries;
using Laurel.Events.Wallet;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>What somebody decides about a claim.</summary>
internal enum RulingKind
{
    Approve,
    Reject,
    Cancel,
    Revoke,

    /// <summary>Not by a person: the game has said that it never will hand it over.</summary>
    Refuse,
}

/// <summary>A decision that somebody wants to make.</summary>
/// <param name="Id">The claim.</param>
/// <param name="Kind">What is to become of it.</param>
/// <param name="By">Who decides.</param>
/// <param name="Reason">Why.</param>
/// <param name="AllowRetry">Of a rejection: whether the user may claim it again.</param>
internal sealed record Ruling(ClaimId Id, RulingKind Kind, Actor By, string? Reason, bool AllowRetry = false)
{
    /// <summary>Of a refusal by the game.</summary>
    public Refusal? Refusal { get; init; }
}

internal enum RulingOutcome
{
    NotFound,
    OwnClaim,
    OwnGrant,
    AlreadyDecided,
    InsufficientPoints,
    BalanceFull,

    /// <summary>A code that was put aside has expired, and its pool has no other.</summary>
    CouponsExpired,
    Done,
}

/// <summary>
/// Decides about claims, each in a transaction of its own. The guard of the write, which names the state that is left, decides between
/// two who decide at once.
/// </summary>
internal sealed class ClaimDesk(EventsDatabase database, DeliveryBell bell, TimeProvider time)
{
    private const string Find = $"SELECT {ClaimStore.Columns} FROM claims WHERE id = $1";

    /// <summary>The claim as it is now, also where it was not decided upon.</summary>
    public async Task<(RulingOutcome Outcome, Claim? Claim)> Decide(Ruling ruling, CancellationToken cancellation)
    {
        try
        {
            var decided = await database.Any.InTransaction(transaction => Decide(transaction, ruling, cancellation), cancellation);
            bell.Ring();
            return decided;
        }
        catch (NoCodeLeftException)
        {
            return (RulingOutcome.CouponsExpired, await database.Any.QueryOne(Find, ClaimStore.Read, [ruling.Id.Value], cancellation));
        }
        catch (PostgresException refused) when (refused.ConstraintName == "balances_in_range")
        {
            var outcome = ruling.Kind == RulingKind.Approve ? RulingOutcome.BalanceFull : RulingOutcome.InsufficientPoints;
            return (outcome, await database.Any.QueryOne(Find, ClaimStore.Read, [ruling.Id.Value], cancellation));
        }
    }

    private async Task<(RulingOutcome Outcome, Claim? Claim)> Decide(NpgsqlTransaction transaction, Ruling ruling, CancellationToken cancellation)
    {
        // No endpoint comes or goes while this one is told.
        await Fence.Pass(transaction, cancellation);
        if (await transaction.Query(Find, ClaimStore.Read, [ruling.Id.Value], cancellation) is not [var before])
            return (RulingOutcome.NotFound, null);
        if (before.Key.UserId == ruling.By.Id && ruling.By.Kind != ActorKind.Laurel)
            return (RulingOutcome.OwnClaim, before);
        // Whoever granted it may take it back alone, but not approve it.
        if (ruling.Kind == RulingKind.Approve && before.ByHand?.By == ruling.By.Id)
            return (RulingOutcome.OwnGrant, before);

        var now = time.GetUtcNow();
        var (from, to) = Step(ruling, before);
        var moved = await transaction.Query(
            $"""
            UPDATE claims
            SET status = $3, version = version + 1, decided_by = $4, decided_at = $5, reason = $6, holds = $7,
                completed_at = CASE WHEN $3 = 'completed' THEN $5 ELSE completed_at END
            WHERE user_id = $1 AND id = $2 AND status = $8
            RETURNING {ClaimStore.Columns}
            """,
            ClaimStore.Read,
            [
                before.Key.UserId, ruling.Id.Value, WireNames<ClaimStatus>.Of(to), ruling.By.Id, now, ruling.Reason,
                (short)(ruling.Kind == RulingKind.Approve ? before.Holds : Holds.Nothing), WireNames<ClaimStatus>.Of(from),
            ],
            cancellation);
        if (moved is not [var after])
            return (RulingOutcome.AlreadyDecided, (await transaction.Query(Find, ClaimStore.Read, [ruling.Id.Value], cancellation)).FirstOrDefault() ?? before);

        if (ruling.Kind == RulingKind.Approve && before.Holds.HasFlag(Holds.Codes))
            await CodeRenewal.Run(transaction, before, now, cancellation);
        await Settle(transaction, ruling, before, now, cancellation);
        if (before.IsDelivered)
            await Tell(transaction, ruling, before, now, cancellation);
        await AuditTrail.Add(transaction, ClaimAudit.Decided(ruling, before, after), cancellation);
        return (RulingOutcome.Done, after);
    }

    /// <summary>From which state to which: nothing else is ever done to a claim by hand.</summary>
    private static (ClaimStatus From, ClaimStatus To) Step(Ruling ruling, Claim claim) => ruling.Kind switch
    {
        RulingKind.Approve => (ClaimStatus.Pending, claim.IsDelivered ? ClaimStatus.Processing : ClaimStatus.Completed),
        RulingKind.Reject => (ClaimStatus.Pending, ruling.AllowRetry ? ClaimStatus.Reopened : ClaimStatus.Rejected),
        RulingKind.Cancel or RulingKind.Refuse => (ClaimStatus.Processing, ClaimStatus.Failed),
        RulingKind.Revoke => (ClaimStatus.Completed, ClaimStatus.Revoked),
    };

    /// <summary>What a decision moves: points when a claim is granted or taken back (once: not where an erasure took them), its stock when it comes to nothing.</summary>
    private static async Task Settle(NpgsqlTransaction transaction, Ruling ruling, Claim before, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction);
        var isGranted = ruling.Kind == RulingKind.Approve;
        if (!isGranted && before.Holds != Holds.Nothing)
            batch.BatchCommands.Add(Stocks.GiveBack([.. before.StockOwners().Select(owner => (owner, 1L))]));
        // A code that was shown to its user is never given to another.
        if (ruling.Kind == RulingKind.Reject && before.Holds.HasFlag(Holds.Codes))
            CouponStore.GiveBack(batch, before);
        if (before.Points > 0 && ruling.Kind != RulingKind.Reject && (isGranted || !await Forfeiting.HasTaken(transaction, before, cancellation)))
        {
            var paid = RewardTransfer.Of(before, now);
            batch.BatchCommands.Add(Transfers.Insert([isGranted ? paid : RewardTransfer.TakingBack(before, ruling, now)]));
            batch.BatchCommands.Add(isGranted ? Transfers.Add([(before.Key.UserId, before.Points)]) : Transfers.Subtract(before.Key.UserId, before.Points));
        }

        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static Task Tell(NpgsqlTransaction transaction, Ruling ruling, Claim claim, DateTimeOffset now, CancellationToken cancellation) => ruling.Kind switch
    {
        RulingKind.Approve => DecidedClaim.Tell(transaction, claim, DeliveryKind.Granted, now, cancellation),
        RulingKind.Revoke => DecidedClaim.Tell(transaction, claim, DeliveryKind.Revoked, now, cancellation),
        RulingKind.Cancel => DecidedClaim.CallOff(transaction, claim, now, cancellation),
        RulingKind.Refuse => DecidedClaim.Refuse(transaction, claim, ruling.Refusal!, now, cancellation),
        RulingKind.Reject => Task.CompletedTask,
    };
}

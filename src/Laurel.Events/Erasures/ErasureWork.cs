using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Events.Jobs;
using Laurel.Events.Voids;
using Laurel.Events.Wallet;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Erasures;

/// <summary>What an erasure came to.</summary>
/// <param name="Activities">How many lost their attributes.</param>
/// <param name="Points">How many were forfeited.</param>
/// <param name="Gained">Who meets a condition now and did not before. No condition asks for less of something, so it is nobody.</param>
/// <param name="Lost">In which windows the user no longer meets one.</param>
/// <param name="BeyondHorizon">How many rows of progress were left as they are, since not all activities of their windows are stored any more.</param>
public sealed record ErasureResult(long Activities, long Points, ChangedUsers Gained, ChangedUsers Lost, long BeyondHorizon);

/// <summary>Where an erasure stands.</summary>
/// <param name="Strip">How far the activities have lost their attributes.</param>
/// <param name="IsDecided">Whether no claim waits any more.</param>
/// <param name="IsForgotten">Whether all texts and traces are gone.</param>
internal sealed record ErasureCursor(VoidCursor Strip, bool IsDecided = false, bool IsForgotten = false)
{
    public static readonly ErasureCursor Start = new(VoidCursor.Start);
}

/// <summary>
/// Forgets a user, one bounded step after the other; whatever dies in between goes on with what is left. Attributes go as voided activities
/// do, and so whoever folds meanwhile keeps the same rules.
/// </summary>
internal sealed class ErasureWork(
    EventsDatabase database, JobBatches batches, EventCatalog catalog, JobStore jobs, JobResults results, ClaimDesk desk, TimeProvider time) : IJobWork
{
    /// <summary>By the user's claims: that the index of all claims that wait is not used is meant, since those may be a great many.</summary>
    internal const string ClaimsThatWait = "SELECT id FROM claims WHERE user_id = $1 AND status || '' = 'pending' ORDER BY id LIMIT $2";

    private const int ClaimsAtOnce = 50;

    public JobKind Kind => JobKind.Erasure;

    /// <summary>How many activities one batch changes at most.</summary>
    public int ActivitiesAtOnce { get; set; } = 20_000;

    public async Task<Job> Step(Job job, CancellationToken cancellation)
    {
        var (user, cursor) = (job.InputOf<ErasurePlan>().UserId, job.CursorOr(ErasureCursor.Start));
        return cursor switch
        {
            { Strip.IsThrough: false } => await Strip(job, cursor, cancellation),
            { IsDecided: false } => await Decide(job, user, cursor, cancellation),
            { IsForgotten: false } => await Forget(job, user, cursor, cancellation),
            { Strip.Tally.IsComplete: false } => await SumUp(job, cursor, cancellation),
            _ => await End(job, user, cursor, cancellation),
        };
    }

    private Task<Job> Strip(Job job, ErasureCursor cursor, CancellationToken cancellation) => batches.Run(
        async (transaction, snapshot) =>
        {
            var batch = new VoidBatch(job.Id, ErasureStore.Strip, snapshot.Log, cursor.Strip, job.Careful(ActivitiesAtOnce));
            var (next, more) = await batch.Run(transaction, snapshot.Index, batches, cancellation);
            return job.At(cursor with { Strip = next }, more);
        },
        cancellation);

    /// <summary>Rejects claims that wait, at the desk as an operator would: each gives back its stock, and of two who decide one does.</summary>
    private async Task<Job> Decide(Job job, string user, ErasureCursor cursor, CancellationToken cancellation)
    {
        var waiting = await database.Any.Query(
            ClaimsThatWait, row => new ClaimId(row.GetGuid(0)), [user, ClaimsAtOnce], cancellation);
        foreach (var claim in waiting)
            await desk.Decide(new Ruling(claim, RulingKind.Reject, Actor.Laurel, ErasureStore.Erased), cancellation);
        return await jobs.Move(job.At(cursor with { IsDecided = waiting.Count == 0 }), cancellation);
    }

    private Task<Job> Forget(Job job, string user, ErasureCursor cursor, CancellationToken cancellation) => database.Any.InTransaction(
        async transaction =>
        {
            var found = await ErasureStore.ForgetReasons(transaction, user, cancellation) | await ErasureStore.ForgetTraces(transaction, user, cancellation);
            found = found || await AuditTrail.Erase(transaction, Actor.Laurel, user, cancellation);
            return await jobs.Move(transaction, job.At(cursor with { IsForgotten = !found }), cancellation);
        },
        cancellation);

    private async Task<Job> SumUp(Job job, ErasureCursor cursor, CancellationToken cancellation)
    {
        var tally = await results.Sum(job.Id, cursor.Strip.Tally, cancellation);
        return await jobs.Move(job.At(cursor with { Strip = cursor.Strip with { Tally = tally } }), cancellation);
    }

    /// <summary>
    /// Behind the fence, where no claim is under way: one that has been made since then is decided first. When the last one has ended,
    /// nobody need write more than what changes.
    /// </summary>
    private Task<Job> End(Job job, string user, ErasureCursor cursor, CancellationToken cancellation) => catalog.Change(
        async transaction =>
        {
            if (await IsClaimWaiting(transaction, user, cancellation))
                return await jobs.Move(transaction, job.At(cursor with { IsDecided = false }), cancellation);

            var points = await Forfeiting.Run(transaction, user, job.Id.ToString(), time.GetUtcNow(), cancellation);
            var (strip, tally) = (cursor.Strip, cursor.Strip.Tally);
            var result = new ErasureResult(strip.Activities, points, results.Gained(tally), results.Lost(tally), strip.Beyond);
            return await jobs.Move(transaction, job.Ended(result), cancellation);
        },
        async transaction => !await ErasureStore.IsMending(transaction, cancellation),
        cancellation);

    private static async Task<bool> IsClaimWaiting(NpgsqlTransaction transaction, string user, CancellationToken cancellation) =>
        (await transaction.Query(ClaimsThatWait, row => row.GetGuid(0), [user, 1], cancellation)).Count > 0;
}

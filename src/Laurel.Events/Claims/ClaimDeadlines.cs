using Laurel.Events.Catalog;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>
/// Decides about claims that nobody has decided about in time, in every worker. It asks the desk as an operator would, so that of all who
/// decide at the same moment one does.
/// </summary>
internal sealed class ClaimDeadlines(EventsDatabase database, ClaimDesk desk, TimeProvider time, ILogger<ClaimDeadlines> log)
{
    private const int AtOnce = 100;

    /// <summary>What cannot be paid, since a wallet is full, is tried again after that; and so it does not stand in the way of others.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromHours(1);

    /// <summary>To be called every second: until no deadline is over any more.</summary>
    public async Task Decide(CancellationToken cancellation)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            var due = await database.Batches.Query(
                """
                SELECT id, on_deadline
                FROM claims
                WHERE status = 'pending' AND decide_by IS NOT NULL AND decide_by <= $1
                ORDER BY decide_by
                LIMIT $2
                """,
                row => (Id: new ClaimId(row.GetGuid(0)), Outcome: WireNames<DeadlineOutcome>.Parse(row.GetString(1))), [now, AtOnce], cancellation);
            if (due.Count == 0)
                return;
            foreach (var (id, outcome) in due)
            {
                if (!await IsDecided(id, outcome, cancellation))
                    await PutOff(id, now, cancellation);
            }
        }
    }

    private async Task<bool> IsDecided(ClaimId id, DeadlineOutcome outcome, CancellationToken cancellation)
    {
        var kind = outcome switch
        {
            DeadlineOutcome.Approve => RulingKind.Approve,
            DeadlineOutcome.Reject => RulingKind.Reject,
        };
        try
        {
            return (await desk.Decide(new Ruling(id, kind, Actor.Laurel, "deadline"), cancellation)).Outcome is RulingOutcome.Done or RulingOutcome.AlreadyDecided;
        }
        catch (PostgresException failure) when (!failure.IsTransient && failure.SqlState is not (PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable))
        {
            log.LogError(failure, "The claim {Claim} could not be decided at its deadline", id);
            return false;
        }
    }

    private Task<int> PutOff(ClaimId id, DateTimeOffset now, CancellationToken cancellation) => database.Batches.Execute(
        "UPDATE claims SET decide_by = $2 WHERE id = $1 AND status = 'pending' AND decide_by <= $3", [id.Value, now + Later, now], cancellation);
}

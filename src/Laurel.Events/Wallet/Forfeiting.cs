using Laurel.Events.Claims;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Wallet;

/// <summary>Takes all points that a user has.</summary>
internal static class Forfeiting
{
    private const int MaxAttempts = 100;

    /// <summary>
    /// How many there were. What it is for (<paramref name="ref"/>) takes points once. Whoever gives some at the same moment gives them
    /// before, and they are taken too, or after, and they stay.
    /// </summary>
    public static async Task<long> Run(NpgsqlTransaction transaction, string userId, string @ref, DateTimeOffset now, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var found = await transaction.Query(
                "SELECT balance FROM balances WHERE user_id = $1 AND balance > 0", row => row.GetInt64(0), [userId], cancellation);
            if (found is not [var balance])
                return 0;
            if (await transaction.Execute("UPDATE balances SET balance = 0 WHERE user_id = $1 AND balance = $2", [userId, balance], cancellation) == 0)
                continue;

            var id = new TransferId(Guid.CreateVersion7(now));
            var taken = new Transfer(id, userId, ToUser: false, balance, TransferKind.Forfeit, @ref, Reason: null, now, By: "laurel");
            await using var batch = new NpgsqlBatch(transaction.Connection!, transaction)
            {
                BatchCommands =
                {
                    Transfers.Insert([taken]),
                    AuditTrail.Insert(new AuditEntry(Actor.Laurel, "points.forfeited", "transfer", id.ToString(), After: new { userId, amount = balance })),
                },
            };
            await batch.ExecuteNonQueryAsync(cancellation);
            return balance;
        }

        throw new RepeatBatchException("The balance changes faster than it can be taken.");
    }

    /// <summary>
    /// Whether all that a user had was taken after this claim was paid, and with it what it paid, or what it was spent on. To be asked
    /// behind the fence, where no erasure ends.
    /// </summary>
    public static async Task<bool> HasTaken(NpgsqlTransaction transaction, Claim claim, CancellationToken cancellation) =>
        (await transaction.Query(
            """
            SELECT true
            FROM erasures
            JOIN jobs ON jobs.id = erasures.job_id AND jobs.status = 'done'
            JOIN transfers AS paid ON paid.user_id = erasures.user_id AND paid.kind = 'reward' AND paid.ref = $2
            WHERE erasures.user_id = $1 AND jobs.finished_at >= paid.created_at
            LIMIT 1
            """,
            row => row.GetBoolean(0), [claim.Key.UserId, claim.Id.ToString()], cancellation)).Count > 0;
}

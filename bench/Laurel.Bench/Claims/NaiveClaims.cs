using Laurel.Bench.Engine;
using Npgsql;

namespace Laurel.Bench.Claims;

internal sealed record NaiveClaim(string UserId, Guid EventId);

internal enum NaiveClaimOutcome
{
    NotMet,
    AlreadyClaimed,
    Granted,
}

/// <summary>
/// The yardstick of claims: what a good engineer writes without thinking of batches. A transaction for each request, in two round
/// trips: is the condition met, then claim, ledger and balance in one statement that the claim's unique key guards.
/// </summary>
internal sealed class NaiveClaims(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly Guid Offer = new(1, 0, 0x7000, 0x81, 0, 0, 0, 0, 0, 0, 0);
    private static readonly Guid Reward = new(1, 0, 0x7000, 0x82, 0, 0, 0, 0, 0, 0, 0);

    private const string IsMet = "SELECT version FROM progress WHERE user_id = $1 AND event_id = $2 AND window_key = $3";

    private const string Pay =
        """
        WITH made AS (
            INSERT INTO claims (id, user_id, event_id, offer_id, window_key, reward_id, reward_name, contents, points, status, origin, holds,
                created_at, completed_at)
            VALUES ($1, $2, $3, $4, $5, $6, '100 points', '[{"type": "points", "amount": 100}]', 100, 'completed', 'user', 0, now(), now())
            ON CONFLICT (user_id, event_id, offer_id, window_key) WHERE status <> 'reopened' DO NOTHING
            RETURNING id, user_id, points
        ), paid AS (
            INSERT INTO transfers (id, user_id, debit, credit, amount, kind, ref, created_at, created_by)
            SELECT $7, user_id, 'issuer', 'user', points, 'reward', id::text, now(), 'laurel'
            FROM made
            RETURNING user_id, amount
        )
        INSERT INTO balances (user_id, balance)
        SELECT user_id, amount
        FROM paid
        ON CONFLICT (user_id) DO UPDATE SET balance = balances.balance + excluded.balance
        """;

    public async Task<NaiveClaimOutcome> Claim(NaiveClaim claim, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        // Sent with the first statement. What is not committed is rolled back as the connection goes back to its pool.
        await connection.BeginTransactionAsync(cancel);
        await using (var met = new NpgsqlCommand(IsMet, connection) { Parameters = { Value(claim.UserId), Value(claim.EventId), Value(HandWritten.Window) } })
        {
            if (await met.ExecuteScalarAsync(cancel) is not int)
                return NaiveClaimOutcome.NotMet;
        }

        var now = time.GetUtcNow();
        var pay = new NpgsqlBatchCommand(Pay)
        {
            Parameters =
            {
                Value(Guid.CreateVersion7(now)), Value(claim.UserId), Value(claim.EventId), Value(Offer), Value(HandWritten.Window), Value(Reward),
                Value(Guid.CreateVersion7(now)),
            },
        };
        await using var payAndCommit = new NpgsqlBatch(connection) { BatchCommands = { pay, new("COMMIT") } };
        await payAndCommit.ExecuteNonQueryAsync(cancel);
        return pay.RecordsAffected == 1 ? NaiveClaimOutcome.Granted : NaiveClaimOutcome.AlreadyClaimed;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}

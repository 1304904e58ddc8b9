using Laurel.Events.Claims;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Coupons;

/// <summary>
/// Codes are put aside when something is claimed, and seen when it is granted. What has expired between is exchanged for codes of the
/// same pools that have not.
/// </summary>
internal static class CodeRenewal
{
    /// <exception cref="NoCodeLeftException">There are not as many: nothing of the transaction may be committed.</exception>
    public static async Task Run(NpgsqlTransaction transaction, Claim claim, DateTimeOffset now, CancellationToken cancellation)
    {
        var expired = await transaction.Query(
            """
            SELECT coupons.pool, coupons.place
            FROM coupons
            JOIN coupon_lots USING (lot)
            WHERE claim_id = $1 AND expires_at <= $2
            ORDER BY coupons.pool, coupons.place
            """,
            row => (Pool: row.GetString(0), Place: row.GetInt16(1)), [claim.Id.Value, now], cancellation);
        if (expired.Count == 0)
            return;

        Dictionary<string, Queue<DrawnCode>> drawn;
        await using (var batch = new NpgsqlBatch(transaction.Connection!, transaction))
        {
            batch.BatchCommands.Add(CouponStore.Enter(CouponStore.PoolsOf(claim)));
            batch.BatchCommands.Add(CouponStore.GiveBackOf(claim.Id, now));
            batch.BatchCommands.Add(CouponStore.Take([.. expired.CountBy(one => one.Pool).Select(one => (one.Key, (long)one.Value))], now));
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            drawn = await CouponStore.ReadDrawn(reader);
        }

        var given = new List<GivenCode>();
        foreach (var (pool, place) in expired)
        {
            if (!drawn.TryGetValue(pool, out var codes) || !codes.TryDequeue(out var code))
                throw new NoCodeLeftException();
            given.Add(new GivenCode(code.Lot, code.Number, claim.Id, place));
        }

        await using var giving = new NpgsqlBatch(transaction.Connection!, transaction) { BatchCommands = { CouponStore.Give(given, now) } };
        await giving.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>A code has expired, and its pool has no other.</summary>
internal sealed class NoCodeLeftException : Exception;

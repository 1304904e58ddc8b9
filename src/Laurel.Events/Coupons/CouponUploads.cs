using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Coupons;

/// <summary>A line whose code was not stored: the pool has it, or an earlier line of the file.</summary>
public sealed record DuplicateCoupon(int Line, int? FirstLine);

/// <summary>What became of an upload.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Added">How many codes are new in it.</param>
/// <param name="DuplicateCount">How many it had already, or were in the file before.</param>
/// <param name="Duplicates">The first of these, by their lines.</param>
/// <param name="Total">How many the pool has had in all.</param>
/// <param name="Free">How many can be given now.</param>
public sealed record CouponUpload(string Pool, int Added, int DuplicateCount, IReadOnlyList<DuplicateCoupon> Duplicates, long Total, long Free);

/// <summary>
/// Takes files of codes in, each in one transaction. Nobody who takes codes waits for that: a file makes lots of its own, which are not
/// there before it is committed. Uploads to the same pool come one after the other, so that the second one sees what the first has stored.
/// </summary>
internal sealed class CouponUploads(EventsDatabase database, CouponStore store, TimeProvider time)
{
    private const int MaxDuplicates = 1_000;
    private const int ChunkSize = 20_000;

    /// <summary>Sets the advisory locks of uploads apart from others. The letters of "coupon".</summary>
    private const long LockSeed = 0x63_6F75_706F_6E;

    public async Task<CouponUpload> Add(RewardId reward, string pool, IReadOnlyList<CouponLine> lines, Actor by, CancellationToken cancellation)
    {
        var (added, duplicates) = await database.Any.InTransaction(
            async transaction =>
            {
                var done = await Add(transaction, pool, lines, cancellation);
                // How many, and never which.
                var note = new { pool, done.Added, duplicates = done.Duplicates.Count };
                if (done.Added > 0)
                    await AuditTrail.Add(transaction, new AuditEntry(by, "coupons.uploaded", "reward", reward.ToString(), After: note), cancellation);
                return done;
            },
            cancellation);
        var counted = (await store.Count([pool], time.GetUtcNow(), cancellation))[0];
        return new CouponUpload(pool, added, duplicates.Count, [.. duplicates.Take(MaxDuplicates)], counted.Total, counted.Free);
    }

    private async Task<(int Added, List<DuplicateCoupon> Duplicates)> Add(
        NpgsqlTransaction transaction, string pool, IReadOnlyList<CouponLine> lines, CancellationToken cancellation)
    {
        await transaction.Execute("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", [pool, LockSeed], cancellation);
        await transaction.Execute("INSERT INTO coupon_pools (pool) VALUES ($1) ON CONFLICT ON CONSTRAINT coupon_pools_pkey DO NOTHING", [pool], cancellation);
        var stored = await Stored(transaction, pool, lines, cancellation);

        var first = new Dictionary<string, int>(lines.Count, StringComparer.Ordinal);
        var (fresh, duplicates) = (new List<CouponLine>(lines.Count), new List<DuplicateCoupon>());
        foreach (var line in lines)
        {
            if (!first.TryAdd(line.Code, line.Line))
                duplicates.Add(new DuplicateCoupon(line.Line, first[line.Code]));
            else if (stored.Contains(line.Code))
                duplicates.Add(new DuplicateCoupon(line.Line, null));
            else
                fresh.Add(line);
        }

        foreach (var ofLot in fresh.GroupBy(line => line.ExpiresAt))
            await AddLot(transaction, pool, ofLot.Key, [.. ofLot], cancellation);
        return (fresh.Count, duplicates);
    }

    private static async Task<HashSet<string>> Stored(NpgsqlTransaction transaction, string pool, IReadOnlyList<CouponLine> lines, CancellationToken cancellation)
    {
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var chunk in lines.Select(line => line.Code).Chunk(ChunkSize))
        {
            stored.UnionWith(await transaction.Query(
                """
                SELECT sent.code
                FROM unnest($2::text[]) AS sent (code)
                JOIN coupons ON coupons.pool = $1 AND coupons.code = sent.code
                """,
                row => row.GetString(0), [pool, chunk], cancellation));
        }

        return stored;
    }

    private async Task AddLot(
        NpgsqlTransaction transaction, string pool, DateTimeOffset? expiresAt, IReadOnlyList<CouponLine> lines, CancellationToken cancellation)
    {
        var lot = Guid.CreateVersion7(time.GetUtcNow());
        await transaction.Execute(
            "INSERT INTO coupon_lots (lot, pool, expires_at, size, last) VALUES ($1, $2, COALESCE($3::timestamptz, 'infinity'), $4, $4)",
            [lot, pool, expiresAt, (long)lines.Count], cancellation);
        foreach (var chunk in lines.Index().Chunk(ChunkSize))
        {
            await using var copy = await transaction.Connection!.BeginBinaryImportAsync(
                "COPY coupons (pool, code, lot, number) FROM STDIN (FORMAT BINARY)", cancellation);
            foreach (var (at, line) in chunk)
            {
                await copy.StartRowAsync(cancellation);
                await copy.WriteAsync(pool, NpgsqlDbType.Text, cancellation);
                await copy.WriteAsync(line.Code, NpgsqlDbType.Text, cancellation);
                await copy.WriteAsync(lot, NpgsqlDbType.Uuid, cancellation);
                await copy.WriteAsync(at + 1L, NpgsqlDbType.Bigint, cancellation);
            }

            await copy.CompleteAsync(cancellation);
        }
    }
}

using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Coupons;

/// <summary>A code that a claim has got, for one place in its contents.</summary>
internal sealed record GivenCode(Guid Lot, long Number, ClaimId Claim, short Place);

/// <summary>How many codes a pool has had, and what has become of them.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Total">All that were uploaded.</param>
/// <param name="Free">Those that can still be given.</param>
/// <param name="Given">Those of claims, also of such as wait for approval.</param>
/// <param name="Expired">Those that expired before they were given.</param>
public sealed record CouponPool(string Pool, long Total, long Free, long Given, long Expired);

/// <summary>The statements on pools of codes. Whoever changes how many of a lot are taken has entered its pool before, in an earlier statement.</summary>
internal sealed class CouponStore(EventsDatabase database)
{
    /// <summary>
    /// The contents of a claim, with its codes once they are the user's. Codes are stored once, in their pool: those of a claim that waits,
    /// or came to nothing, stand nowhere else.
    /// </summary>
    public const string Contents =
        """
        CASE WHEN claims.holds < 4 OR claims.status NOT IN ('processing', 'completed') THEN claims.contents ELSE (
            SELECT jsonb_agg(
                CASE WHEN code IS NULL THEN part
                ELSE part || jsonb_strip_nulls(jsonb_build_object('code', code, 'expiresAt', NULLIF(expires_at, 'infinity'))) END
                ORDER BY parts.place)
            FROM jsonb_array_elements(claims.contents) WITH ORDINALITY AS parts (part, place)
            LEFT JOIN coupons ON coupons.claim_id = claims.id AND coupons.place = parts.place
            LEFT JOIN coupon_lots ON coupon_lots.lot = coupons.lot
        ) END
        """;

    public Task<List<CouponPool>> Count(IReadOnlyCollection<string> pools, DateTimeOffset now, CancellationToken cancellation) => database.Any.Query(
        """
        SELECT pool, sum(COALESCE(size, 0))::bigint,
            COALESCE(sum(last - taken) FILTER (WHERE expires_at > $2), 0)::bigint,
            sum(COALESCE(size - (last - taken), 0))::bigint,
            COALESCE(sum(last - taken) FILTER (WHERE expires_at <= $2), 0)::bigint
        FROM unnest($1::text[]) WITH ORDINALITY AS named (pool, place)
        LEFT JOIN coupon_lots USING (pool)
        GROUP BY pool, place
        ORDER BY place
        """,
        row => new CouponPool(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)), [pools.ToArray(), now], cancellation);

    /// <summary>How many can be given now, of each pool of which there are any.</summary>
    public static NpgsqlBatchCommand Free(IReadOnlyCollection<string> pools, DateTimeOffset now) => new(
        """
        SELECT pool, sum(last - taken)::bigint
        FROM coupon_lots
        WHERE pool = ANY ($1) AND taken < last AND expires_at > $2
        GROUP BY pool
        """)
    {
        Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. pools] }, new NpgsqlParameter<DateTimeOffset> { TypedValue = now } },
    };

    /// <summary>From here to the end of the transaction nobody else is in these pools.</summary>
    public static NpgsqlBatchCommand Enter(IEnumerable<string> pools) => new(
        """
        INSERT INTO coupon_pools (pool)
        SELECT pool FROM unnest($1::text[]) AS wanted (pool)
        ON CONFLICT (pool) DO UPDATE
        SET turns = coupon_pools.turns + 1
        """)
    {
        // Locked in this order.
        Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. pools.Order(StringComparer.Ordinal)] } },
    };

    /// <summary>Takes as many as there are, up to so many, those first that expire first. A code is one row of the result, in this order.</summary>
    public static NpgsqlBatchCommand Take(IReadOnlyList<(string Pool, long Count)> wanted, DateTimeOffset now) => new(
        """
        WITH open AS (
            SELECT lots.lot, lots.taken, lots.last, wanted.count,
                COALESCE(sum(lots.last - lots.taken) OVER earlier, 0) AS before
            FROM unnest($1::text[], $2::bigint[]) AS wanted (pool, count)
            CROSS JOIN LATERAL (
                SELECT *
                FROM coupon_lots
                WHERE coupon_lots.pool = wanted.pool AND taken < last AND expires_at > $3
                ORDER BY expires_at, lot
                LIMIT wanted.count
            ) AS lots
            WINDOW earlier AS (PARTITION BY lots.pool ORDER BY lots.expires_at, lots.lot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ), taken AS (
            UPDATE coupon_lots
            SET taken = open.taken + LEAST(open.last - open.taken, open.count - open.before)
            FROM open
            WHERE coupon_lots.lot = open.lot AND open.before < open.count AND coupon_lots.taken = open.taken AND coupon_lots.last = open.last
            RETURNING coupon_lots.pool, coupon_lots.lot, expires_at, open.taken AS above, coupon_lots.taken AS upto
        )
        SELECT taken.pool, taken.lot, drawn.number, drawn.code, NULLIF(taken.expires_at, 'infinity')
        FROM taken
        CROSS JOIN LATERAL (
            SELECT number, code
            FROM coupons
            WHERE coupons.lot = taken.lot AND number > taken.above AND number <= taken.upto
            OFFSET 0
        ) AS drawn
        ORDER BY taken.pool, taken.expires_at, taken.lot, drawn.number
        """)
    {
        Parameters =
        {
            Columns.Texts(wanted, one => one.Pool),
            Columns.Of(wanted, NpgsqlDbType.Bigint, one => one.Count),
            new NpgsqlParameter<DateTimeOffset> { TypedValue = now },
        },
    };

    /// <summary>What was taken, by its pool; each pool's in their order.</summary>
    public static async Task<Dictionary<string, Queue<DrawnCode>>> ReadDrawn(NpgsqlDataReader row)
    {
        var drawn = new Dictionary<string, Queue<DrawnCode>>(StringComparer.Ordinal);
        while (await row.ReadAsync())
        {
            var pool = row.GetString(0);
            if (!drawn.TryGetValue(pool, out var codes))
                drawn.Add(pool, codes = new Queue<DrawnCode>());
            codes.Enqueue(new DrawnCode(row.GetGuid(1), row.GetInt64(2), row.GetString(3), row.IsDBNull(4) ? null : row.Time(4)));
        }

        return drawn;
    }

    /// <summary>Writes whose they are.</summary>
    public static NpgsqlBatchCommand Give(IReadOnlyList<GivenCode> codes, DateTimeOffset now) => new(
        """
        UPDATE coupons
        SET claim_id = given.claim_id, place = given.place, given_at = $5
        FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[]) AS given (lot, number, claim_id, place)
        WHERE coupons.lot = given.lot AND coupons.number = given.number
        """)
    {
        Parameters =
        {
            Columns.Of(codes, NpgsqlDbType.Uuid, one => one.Lot),
            Columns.Of(codes, NpgsqlDbType.Bigint, one => one.Number),
            Columns.Of(codes, NpgsqlDbType.Uuid, one => one.Claim.Value),
            Columns.Of(codes, NpgsqlDbType.Smallint, one => one.Place),
            new NpgsqlParameter<DateTimeOffset> { TypedValue = now },
        },
    };

    /// <summary>Of what this same transaction has taken, the codes from this number on are free again.</summary>
    public static NpgsqlBatchCommand PutBack(IReadOnlyList<(Guid Lot, long First)> unused) => new(
        """
        UPDATE coupon_lots
        SET taken = unused.first - 1
        FROM unnest($1::uuid[], $2::bigint[]) AS unused (lot, first)
        WHERE coupon_lots.lot = unused.lot
        """)
    {
        Parameters =
        {
            Columns.Of(unused, NpgsqlDbType.Uuid, one => one.Lot),
            Columns.Of(unused, NpgsqlDbType.Bigint, one => one.First),
        },
    };

    /// <summary>The codes of a claim that nobody has seen are free again, behind all others of their lots.</summary>
    public static void GiveBack(NpgsqlBatch batch, Claim claim)
    {
        batch.BatchCommands.Add(Enter(PoolsOf(claim)));
        batch.BatchCommands.Add(GiveBackOf(claim.Id, DateTimeOffset.MaxValue));
    }

    public static IEnumerable<string> PoolsOf(Claim claim) => claim.Contents.OfType<Coupon>().Select(coupon => coupon.Pool).Distinct(StringComparer.Ordinal);

    /// <summary>Those that expire by then; by the end of time (which is PostgreSQL's infinity) all do. Whoever says so has entered their pools.</summary>
    public static NpgsqlBatchCommand GiveBackOf(ClaimId claim, DateTimeOffset expiringBy) => new(
        """
        WITH back AS (
            SELECT lot, number, row_number() OVER (PARTITION BY lot ORDER BY number) AS nth
            FROM coupons
            JOIN coupon_lots USING (lot)
            WHERE claim_id = $1 AND expires_at <= $2
        ), freed AS (
            UPDATE coupons
            SET claim_id = NULL, place = NULL, given_at = NULL, number = coupon_lots.last + back.nth
            FROM back
            JOIN coupon_lots USING (lot)
            WHERE coupons.lot = back.lot AND coupons.number = back.number
            RETURNING coupons.lot
        )
        UPDATE coupon_lots
        SET last = coupon_lots.last + many.count
        FROM (SELECT lot, count(*) AS count FROM freed GROUP BY lot) AS many
        WHERE coupon_lots.lot = many.lot
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<Guid> { TypedValue = claim.Value },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = expiringBy },
        },
    };
}

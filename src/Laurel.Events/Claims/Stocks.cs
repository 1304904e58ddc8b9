using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Claims;

/// <summary>
/// The statements on stock. A row of it may be the hottest of all, so a batch takes all that it needs of it in one guarded write, and
/// holds it no longer than its transaction lasts.
/// </summary>
internal static class Stocks
{
    public const string BelowTaken = "stocks_taken_in_range";

    /// <summary>How many are free, as of what is committed.</summary>
    public static NpgsqlBatchCommand Free(IReadOnlyCollection<Guid> owners) => new(
        "SELECT owner, total - taken FROM stocks WHERE owner = ANY ($1) AND total IS NOT NULL")
    {
        Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. owners] } },
    };

    /// <summary>Takes as many as there are, up to so many, and tells how many that is.</summary>
    public static NpgsqlBatchCommand Take(IReadOnlyList<(Guid Owner, long Count)> wanted) => Change(
        """
        UPDATE stocks
        SET latest = LEAST(stocks.total - stocks.taken, wanted.count), taken = stocks.taken + LEAST(stocks.total - stocks.taken, wanted.count)
        FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS sent (owner, count) ORDER BY owner OFFSET 0) AS wanted
        WHERE stocks.owner = wanted.owner AND stocks.total IS NOT NULL
        RETURNING stocks.owner, stocks.latest
        """,
        wanted);

    public static NpgsqlBatchCommand GiveBack(IReadOnlyList<(Guid Owner, long Count)> units) => Change(
        """
        UPDATE stocks
        SET taken = stocks.taken - given.count
        FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS sent (owner, count) ORDER BY owner OFFSET 0) AS given
        WHERE stocks.owner = given.owner
        """,
        units);

    /// <summary>
    /// Sets how many there are in all, behind the fence; null: there is no end of them. Fails where more are taken already, with the
    /// constraint <see cref="BelowTaken"/>.
    /// </summary>
    public static Task<int> Set(NpgsqlTransaction transaction, Guid owner, long? total, CancellationToken cancellation) => transaction.Execute(
        """
        INSERT INTO stocks (owner, total)
        SELECT $1, $2::bigint
        WHERE $2::bigint IS NOT NULL OR EXISTS (SELECT FROM stocks WHERE owner = $1)
        ON CONFLICT (owner) DO UPDATE
        SET total = excluded.total
        """,
        [owner, total], cancellation);

    public static Task<int> Remove(NpgsqlTransaction transaction, IEnumerable<Guid> owners, CancellationToken cancellation) =>
        transaction.Execute("DELETE FROM stocks WHERE owner = ANY ($1)", [owners.ToArray()], cancellation);

    private static NpgsqlBatchCommand Change(string sql, IReadOnlyList<(Guid Owner, long Count)> units) => new(sql)
    {
        Parameters =
        {
            Columns.Of(units, NpgsqlDbType.Uuid, one => one.Owner),
            Columns.Of(units, NpgsqlDbType.Bigint, one => one.Count),
        },
    };
}

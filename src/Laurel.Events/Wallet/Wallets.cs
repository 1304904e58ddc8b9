using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Wallet;

/// <summary>What the points of users come to, and of what.</summary>
internal sealed class Wallets(EventsDatabase database)
{
    public const string Columns = "id, user_id, credit = 'user', amount, kind, ref, reason, created_at, created_by";

    public async Task<long> Balance(string userId, CancellationToken cancellation) =>
        await database.Any.QueryOne("SELECT balance FROM balances WHERE user_id = $1", row => row.GetInt64(0), [userId], cancellation);

    /// <summary>Newest first.</summary>
    public Task<List<Transfer>> Entries(string userId, Guid? before, int limit, CancellationToken cancellation) =>
        database.Any.Query(
            $"""
            SELECT {Columns}
            FROM transfers
            WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2)
            ORDER BY id DESC
            LIMIT $3
            """,
            Read, [userId, before, limit], cancellation);

    public static Transfer Read(NpgsqlDataReader row) => new(
        new TransferId(row.GetGuid(0)),
        row.GetString(1),
        row.GetBoolean(2),
        row.GetInt64(3),
        WireNames<TransferKind>.Parse(row.GetString(4)),
        row.GetString(5),
        row.OptionalText(6),
        row.Time(7),
        row.GetString(8));
}

using Laurel.Auth.Accounts;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Logins;

/// <summary>
/// Who signed in when. A login itself writes an outbox row in its own transaction and is done; what is to be made of it is made here,
/// behind it, exactly once.
/// </summary>
internal sealed class LoginHistory(NpgsqlDataSource database)
{
    public static readonly TimeSpan Retention = TimeSpan.FromDays(400);

    private const int BatchSize = 500;

    /// <summary>
    /// Takes what waits in the outbox into the history. Several processes may do so at once: each row is taken by one. It stays in the
    /// outbox for <see cref="LoginActivities"/>, without what the history now holds.
    /// </summary>
    public async Task HandOn(CancellationToken cancellation)
    {
        int moved;
        do
        {
            moved = await database.Execute(
                """
                WITH taken AS (
                    SELECT id, account_id, created_at, body
                    FROM outbox
                    WHERE kind = 'login'
                    ORDER BY id
                    LIMIT $1
                    FOR UPDATE SKIP LOCKED
                ), handed_on AS (
                    UPDATE outbox
                    SET kind = 'login_activity', body = '{}'
                    FROM taken
                    WHERE outbox.id = taken.id
                )
                INSERT INTO logins (id, account_id, session_id, at, address, network, user_agent)
                SELECT id, account_id, (body ->> 'session')::uuid, created_at, body ->> 'address', body ->> 'network', body ->> 'userAgent'
                FROM taken
                """,
                [BatchSize], cancellation);
        }
        while (moved == BatchSize);
    }

    public Task<List<LoginView>> List(AccountId account, Guid? before, int limit, CancellationToken cancellation) =>
        database.Query(
            """
            SELECT id, at, address, user_agent
            FROM logins
            WHERE account_id = $1 AND ($2::uuid IS NULL OR id < $2)
            ORDER BY id DESC
            LIMIT $3
            """,
            View, [account.Value, before, limit], cancellation);

    public Task<List<LoginView>> All(AccountId account, CancellationToken cancellation) =>
        database.Query(
            "SELECT id, at, address, user_agent FROM logins WHERE account_id = $1 ORDER BY id DESC", View, [account.Value], cancellation);

    private static LoginView View(NpgsqlDataReader row) => new(row.GetGuid(0), row.Time(1), row.OptionalText(2), row.OptionalText(3));
}

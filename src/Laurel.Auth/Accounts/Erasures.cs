using Laurel.Auth.Registry;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Auth.Accounts;

/// <summary>
/// Tells the events service whose accounts were erased. An erasure has an id, so it happens once, however often it is told.
/// </summary>
internal sealed class Erasures(NpgsqlDataSource database, EventsService events, TimeProvider time)
{
    /// <summary>So long an access token may live on in some process; what is claimed with it is to be found there by the erasure.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(5);

    private const int BatchSize = 100;

    /// <summary>In the transaction that erases the account.</summary>
    public static Task Note(NpgsqlTransaction transaction, AccountId account, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.Execute(
            "INSERT INTO outbox (id, kind, account_id, body, created_at) VALUES ($1, 'erasure', $2, '{}', $3)",
            [Guid.CreateVersion7(now), account.Value, now], cancellation);

    /// <summary>
    /// Tells what waits; while the events service is down it waits on. Logins of the same account go first: whatever they earn is then
    /// there to be taken.
    /// </summary>
    public async Task Report(CancellationToken cancellation)
    {
        if (!events.IsKnown)
            return;

        List<Erasure> erasures;
        do
        {
            erasures = await database.Query(
                """
                SELECT id, account_id
                FROM outbox
                WHERE kind = 'erasure' AND created_at <= $1
                  AND NOT EXISTS (SELECT FROM outbox AS login WHERE login.account_id = outbox.account_id AND login.kind <> 'erasure')
                ORDER BY id
                LIMIT $2
                """,
                row => new Erasure(row.GetGuid(0), row.GetGuid(1)), [time.GetUtcNow() - Delay, BatchSize], cancellation);
            foreach (var (id, account) in erasures)
            {
                using var response = await events.Send(HttpMethod.Put, $"/v1/users/{account}/erasures/{id}", Scopes.UsersErase, body: null, cancellation);
                await database.Execute("DELETE FROM outbox WHERE id = $1", [id], cancellation);
            }
        }
        while (erasures.Count == BatchSize);
    }

    private sealed record Erasure(Guid Id, Guid Account);
}

using Laurel.Auth.Logins;
using Laurel.Auth.Sessions;
using Laurel.Platform.Postgres;
using Laurel.Platform.Tokens;
using Npgsql;

namespace Laurel.Auth;

/// <summary>Removes what nobody will ask for again, so that no table grows with time alone.</summary>
internal sealed class Sweep(NpgsqlDataSource database, TimeProvider time)
{
    private const int Portion = 5000;

    public async Task Run(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await Delete("throttles", "bucket", "window_ends", now, cancellation);
        await Delete("revocations", "id", "revoked_at", now - 2 * AccessTokens.LongestLife, cancellation);
        await Delete("sessions", "id", "expires_at", now - SessionStore.Lifetime, cancellation);
        await Delete("logins", "id", "at", now - LoginHistory.Retention, cancellation);
    }

    /// <summary>In small portions that wait for nobody: after a long stop there may be much to remove, while others use the rows.</summary>
    private async Task Delete(string table, string key, string column, DateTimeOffset before, CancellationToken cancellation)
    {
        int deleted;
        do
        {
            deleted = await database.Execute(
                $"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {column} < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
                [before, Portion], cancellation);
        }
        while (deleted == Portion);
    }
}

using Laurel.Auth.Logins;
using Laurel.Auth.Sessions;
using Laurel.Platform.Postgres;
using Laurel.Platform.Tokens;
using Npgsql;

namespace Laurel.Auth;

/// <summary>Removes what nobody will ask for again, so that no table grows with time alone.</summary>
internal sealed class Sweep(NpgsqlDataSource database, TimeProvider time)
{
    public async Task Run(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await database.Execute("DELETE FROM throttles WHERE window_ends < $1", [now], cancellation);
        await database.Execute("DELETE FROM revocations WHERE revoked_at < $1", [now - 2 * AccessTokens.LongestLife], cancellation);
        await database.Execute("DELETE FROM sessions WHERE expires_at < $1", [now - SessionStore.Lifetime], cancellation);
        await database.Execute("DELETE FROM logins WHERE at < $1", [now - LoginHistory.Retention], cancellation);
    }
}

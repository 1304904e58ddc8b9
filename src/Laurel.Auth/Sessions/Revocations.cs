using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Platform.Tokens;
using Npgsql;

namespace Laurel.Auth.Sessions;

/// <summary>Which sessions ended lately: read from the database for this process, published to the services that run apart.</summary>
internal sealed class Revocations(NpgsqlDataSource database, RevokedSessions revoked, TimeProvider time)
{
    // A transaction may take its time between writing its row and committing it; statements and locks time out long before this.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    private DateTimeOffset? _seen;

    public async Task Refresh(CancellationToken cancellation)
    {
        var from = (_seen ?? time.GetUtcNow() - AccessTokens.LongestLife) - Overlap;
        foreach (var revocation in await Since(from, cancellation))
        {
            revoked.Add(revocation.SessionId, revocation.RevokedAt);
            if (_seen is null || revocation.RevokedAt > _seen)
                _seen = revocation.RevokedAt;
        }

        revoked.Forget();
    }

    public Task<List<Revocation>> Since(DateTimeOffset from, CancellationToken cancellation) =>
        database.Query(
            "SELECT id, revoked_at FROM revocations WHERE revoked_at >= $1 ORDER BY revoked_at",
            row => new Revocation(row.GetGuid(0), row.Time(1)), [from.ToUniversalTime()], cancellation);
}

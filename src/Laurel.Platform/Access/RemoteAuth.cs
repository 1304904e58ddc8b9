using System.Net.Http.Headers;
using System.Net.Http.Json;
using Laurel.Platform.Http;
using Laurel.Platform.Tokens;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Access;

/// <summary>One session that ended before its access tokens did.</summary>
public sealed record Revocation(Guid SessionId, DateTimeOffset RevokedAt);

public sealed record RevocationList(IReadOnlyList<Revocation> Items);

/// <summary>
/// What a process without the role of auth knows of it: the keys of tokens, and which sessions have ended. While auth is away it goes on
/// with what it has.
/// </summary>
public sealed class RemoteAuth(AuthAddress address, ClusterKey cluster, RevokedSessions revoked, TimeProvider time, ILogger<RemoteAuth> log)
{
    // A transaction may take its time between writing its row and committing it; statements and locks time out long before this.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(1);

    private volatile KeySet _keys = KeySet.Empty;
    private DateTimeOffset? _seen;

    public KeySet Keys => _keys;

    /// <summary>Whether there were ever keys: without any, a token can be neither believed nor refused.</summary>
    public bool IsLoaded => _keys != KeySet.Empty;

    public async Task Refresh(CancellationToken cancellation)
    {
        var jwks = await address.Client.GetByteArrayAsync(address.Uri("/.well-known/jwks.json"), cancellation);
        _keys = KeySet.Parse(jwks);

        var from = (_seen ?? time.GetUtcNow() - AccessTokens.LongestLife) - Overlap;
        using var request = new HttpRequestMessage(HttpMethod.Get, address.Uri($"/v1/auth/revocations?since={Uri.EscapeDataString(from.ToString("O"))}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Stamp());
        using var response = await address.Client.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            log.LogWarning("The auth service at {Address} refuses this process ({Status}): they need the same Laurel__ClusterSecret.", request.RequestUri, (int)response.StatusCode);
            response.EnsureSuccessStatusCode();
        }

        var list = await response.Content.ReadFromJsonAsync<RevocationList>(JsonRules.AmongOurselves, cancellation);
        foreach (var revocation in list!.Items)
        {
            revoked.Add(revocation.SessionId, revocation.RevokedAt);
            if (_seen is null || revocation.RevokedAt > _seen)
                _seen = revocation.RevokedAt;
        }

        revoked.Forget();
    }
}

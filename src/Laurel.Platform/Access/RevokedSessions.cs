using System.Collections.Concurrent;
using Laurel.Platform.Tokens;

namespace Laurel.Platform.Access;

/// <summary>
/// The sessions that ended before their access tokens expired. Auth publishes them, every process that verifies tokens holds them
/// here; an id is forgotten when no token of its session can be alive any more, so the set stays as small as the last minutes.
/// </summary>
public sealed class RevokedSessions(TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _revoked = new();

    public bool Contains(Guid session) => !_revoked.IsEmpty && _revoked.ContainsKey(session);

    public void Add(Guid session, DateTimeOffset revokedAt) => _revoked.TryAdd(session, revokedAt);

    public void Forget()
    {
        var gone = time.GetUtcNow() - AccessTokens.LongestLife;
        foreach (var (session, revokedAt) in _revoked)
        {
            if (revokedAt < gone)
                _revoked.TryRemove(session, out _);
        }
    }
}

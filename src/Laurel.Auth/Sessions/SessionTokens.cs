using Laurel.Auth.Keys;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Tokens;

namespace Laurel.Auth.Sessions;

/// <summary>What a client that keeps its own tokens gets.</summary>
public sealed record TokenPair(string AccessToken, string TokenType, int ExpiresIn, string RefreshToken);

/// <summary>Makes access tokens, for people and for service accounts.</summary>
internal sealed class SessionTokens(KeyRing keys, TimeProvider time)
{
    private readonly TokenSigner _signer = new(AuthOptions.Issuer, AuthOptions.Audience);

    public string ForPerson(SessionHolder holder, SessionId session) =>
        Sign(holder.Account.ToString(), session.Value, WireNames<Role>.Of(holder.Role), []);

    public string ForService(ServiceAccountId account, Guid grant, IEnumerable<string> scopes) =>
        Sign(account.ToString(), grant, role: null, [.. scopes]);

    private string Sign(string subject, Guid session, string? role, System.Collections.Immutable.ImmutableArray<string> scopes)
    {
        var now = time.GetUtcNow();
        return _signer.Sign(
            new Identity
            {
                Subject = subject,
                Role = role,
                Scopes = scopes,
                SessionId = session.ToString(),
                IssuedAt = now,
                ExpiresAt = now + AccessTokens.Lifetime,
            },
            keys.Signing);
    }
}

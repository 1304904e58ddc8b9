using System.Collections.Immutable;
using System.Text.Json;
using Laurel.Platform.Issuers;

namespace Laurel.Platform.Tokens;

/// <summary>A token whose signature, issuer, audience and claims are in order; whether it is valid now is asked each time.</summary>
/// <param name="Kid">The thumbprint of the key that it was signed with.</param>
/// <param name="Identity">Whom it speaks for.</param>
/// <param name="NotBefore">From when on.</param>
/// <param name="Issuer">Whose key it is; null for our own.</param>
internal sealed record SignedToken(string Kid, Identity Identity, DateTimeOffset NotBefore, TrustedIssuer? Issuer = null);

/// <summary>The payload of a token, both ways.</summary>
internal static class TokenClaims
{
    private static readonly long LatestTime = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    public static void Write(Utf8JsonWriter json, Identity identity, string issuer, string audience, string tokenId)
    {
        json.WriteStartObject();
        json.WriteString("iss"u8, issuer);
        json.WriteString("aud"u8, audience);
        json.WriteString("sub"u8, identity.Subject);
        json.WriteNumber("iat"u8, identity.IssuedAt.ToUnixTimeSeconds());
        json.WriteNumber("exp"u8, identity.ExpiresAt.ToUnixTimeSeconds());
        json.WriteString("jti"u8, tokenId);
        if (identity.SessionId is { } session)
            json.WriteString("sid"u8, session);
        if (identity.Role is { } role)
            json.WriteString("role"u8, role);
        if (identity.Scopes is { Length: > 0 } scopes)
            json.WriteString("scope"u8, string.Join(' ', scopes));
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>As the token says, which nobody may have signed for yet.</summary>
    public static DateTimeOffset? IssuedAt(JsonElement claims) => Time(claims, "iat"u8);

    public static SignedToken? Read(JsonElement claims, string kid, string issuer, string audience, out TokenOutcome outcome)
    {
        outcome = TokenOutcome.BadClaims;
        if (TokenFormat.Text(claims, "iss"u8) is not { } iss
            || TokenFormat.Text(claims, "aud"u8) is not { } aud
            || TokenFormat.Text(claims, "sub"u8) is not { } subject
            || TokenFormat.Text(claims, "jti"u8) is null
            || Time(claims, "iat"u8) is not { } issuedAt
            || Time(claims, "exp"u8) is not { } expiresAt
            || expiresAt <= issuedAt
            || !TokenFormat.OptionalText(claims, "sid"u8, out var session)
            || !TokenFormat.OptionalText(claims, "role"u8, out var role)
            || !TokenFormat.OptionalText(claims, "scope"u8, out var scope)
            || !OptionalTime(claims, "nbf"u8, out var notBefore))
        {
            return null;
        }

        var scopes = scope is null ? [] : ImmutableArray.Create(scope.Split(' '));
        if (!scopes.All(IsScope))
            return null;

        outcome = iss != issuer ? TokenOutcome.WrongIssuer : aud != audience ? TokenOutcome.WrongAudience : TokenOutcome.Valid;
        if (outcome is not TokenOutcome.Valid)
            return null;

        var identity = new Identity
        {
            Subject = subject,
            Role = role,
            Scopes = scopes,
            SessionId = session,
            IssuedAt = issuedAt,
            ExpiresAt = expiresAt,
        };
        return new SignedToken(kid, identity, notBefore > issuedAt ? notBefore.Value : issuedAt);
    }

    /// <summary>RFC 6749, section 3.3: printable ASCII without space, quotation mark and backslash.</summary>
    public static bool IsScope(string scope) =>
        scope.Length > 0 && scope.All(character => character is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));

    private static bool OptionalTime(JsonElement claims, ReadOnlySpan<byte> name, out DateTimeOffset? time)
    {
        time = Time(claims, name);
        return time is not null || !claims.TryGetProperty(name, out _);
    }

    // RFC 7519 would allow fractions of a second; our signer writes none, and whole numbers cannot be rounded or overflow.
    private static DateTimeOffset? Time(JsonElement claims, ReadOnlySpan<byte> name) =>
        claims.TryGetProperty(name, out var member)
        && member.ValueKind is JsonValueKind.Number
        && member.TryGetInt64(out var seconds)
        && seconds >= 0
        && seconds <= LatestTime
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Laurel.Platform.Tokens;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Issuers;

/// <summary>
/// Reads the tokens of one trusted issuer. All that is taken from one is which of the issuer's users it is for, and until when: what else
/// it claims, roles and scopes above all, is not looked at.
/// </summary>
internal sealed class TrustedIssuer(IssuerSettings settings, IssuerKeys keys, ILogger<TrustedIssuers> log)
{
    /// <summary>As long as any user's id may be.</summary>
    public const int MaxUserId = 128;

    private static readonly decimal LatestTime = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private readonly byte[] _userIdClaim = Encoding.UTF8.GetBytes(settings.UserIdClaim);

    public IssuerKeys Keys => keys;

    /// <summary>Such an id can stand in a header, in an address and in a line of a log as it is.</summary>
    public static bool IsVisibleAscii(char character) => character is > ' ' and <= '~';

    /// <param name="header">The decoded header, which nobody has signed for yet.</param>
    /// <param name="payload">The decoded payload, whose <c>iss</c> has named this issuer.</param>
    /// <param name="signed">What was signed.</param>
    /// <param name="signature">By whom, as it says.</param>
    /// <param name="outcome">Why there is none.</param>
    /// <param name="looking">Where the key is unknown: over when the issuer's keys have been looked at again.</param>
    public SignedToken? Read(byte[] header, byte[] payload, ReadOnlySpan<byte> signed, byte[] signature, out TokenOutcome outcome, out Task? looking)
    {
        var token = Check(header, payload, signed, signature, out outcome, out looking);
        // For whoever sets an issuer up: its players are only told that their tokens are invalid.
        if (token is null)
            log.LogDebug("A token of {Issuer} is refused: {Outcome}", settings.Issuer, outcome);
        return token;
    }

    private SignedToken? Check(byte[] header, byte[] payload, ReadOnlySpan<byte> signed, byte[] signature, out TokenOutcome outcome, out Task? looking)
    {
        looking = null;
        outcome = ReadHeader(header, out var algorithm, out var kid);
        if (outcome is not TokenOutcome.Valid)
            return null;

        if (keys.Now.Find(algorithm, kid) is not { } key)
        {
            outcome = TokenOutcome.UnknownKey;
            looking = keys.LookAgain();
            return null;
        }

        if (!key.Verify(signed, signature))
        {
            outcome = TokenOutcome.BadSignature;
            return null;
        }

        using var claims = TokenFormat.ParseObject(payload);
        outcome = TokenOutcome.BadClaims;
        return claims is null ? null : ReadClaims(claims.RootElement, key.Thumbprint, out outcome);
    }

    /// <summary>
    /// The header chooses one of the issuer's keys, and nothing else. Members that would name a key or its address (<c>jwk</c>,
    /// <c>jku</c>, <c>x5c</c>, <c>x5u</c>) are never read, since some issuers send them; those that would give the token another meaning are
    /// refused, and so are kinds of token that are not made to sign anybody in.
    /// </summary>
    private static TokenOutcome ReadHeader(byte[] json, out string algorithm, out string? kid)
    {
        (algorithm, kid) = ("", null);
        using var document = TokenFormat.ParseObject(json);
        if (document is null)
            return TokenOutcome.Malformed;

        var header = document.RootElement;
        if (header.TryGetProperty("crit"u8, out _) || header.TryGetProperty("b64"u8, out _) || header.TryGetProperty("zip"u8, out _))
            return TokenOutcome.UnexpectedHeader;

        algorithm = TokenFormat.Text(header, "alg"u8) ?? "";
        if (algorithm is not (IssuerKey.Rs256 or IssuerKey.Es256))
            return TokenOutcome.WrongAlgorithm;

        if (!TokenFormat.OptionalText(header, "typ"u8, out var type) || (type is not null && !IsType(type)))
            return TokenOutcome.WrongType;
        return TokenFormat.OptionalText(header, "kid"u8, out kid) ? TokenOutcome.Valid : TokenOutcome.Malformed;
    }

    /// <summary>A logout token, for example, has the same issuer, audience, subject and key.</summary>
    private static bool IsType(string type) =>
        TokenFormat.IsMediaType(type, TokenFormat.Type) || TokenFormat.IsMediaType(type, "JWT");

    private SignedToken? ReadClaims(JsonElement claims, string thumbprint, out TokenOutcome outcome)
    {
        outcome = TokenOutcome.BadClaims;
        if (!Time(claims, "exp"u8, out var expiresAt)
            || !Time(claims, "iat"u8, out var issuedAt)
            || !Time(claims, "nbf"u8, out var notBefore)
            || expiresAt is null
            || expiresAt <= issuedAt
            || UserId(claims) is not { } user)
        {
            return null;
        }

        if (!IsForUs(claims))
        {
            outcome = TokenOutcome.WrongAudience;
            return null;
        }

        outcome = TokenOutcome.Valid;
        var from = issuedAt ?? DateTimeOffset.UnixEpoch;
        var identity = new Identity { Subject = user, Issuer = settings.Issuer, IssuedAt = from, ExpiresAt = expiresAt.Value };
        return new SignedToken(thumbprint, identity, notBefore > from ? notBefore.Value : from, this);
    }

    private string? UserId(JsonElement claims)
    {
        var own = TokenFormat.Text(claims, _userIdClaim)
            ?? (claims.TryGetProperty(_userIdClaim, out var member) && member.ValueKind is JsonValueKind.Number && member.TryGetInt64(out var number)
                ? number.ToString(CultureInfo.InvariantCulture)
                : null);
        return own is not null && settings.Prefix.Length + own.Length <= MaxUserId && own.All(IsVisibleAscii) ? settings.Prefix + own : null;
    }

    /// <summary>RFC 7519: one audience, or a list of them.</summary>
    private bool IsForUs(JsonElement claims) =>
        claims.TryGetProperty("aud"u8, out var audience)
        && (audience.ValueKind is JsonValueKind.Array
            ? audience.EnumerateArray().Any(one => TokenFormat.Text(one) == settings.Audience)
            : TokenFormat.Text(audience) == settings.Audience);

    /// <summary>Absent, or seconds that a calendar knows. RFC 7519 allows fractions, and there are issuers that write them.</summary>
    private static bool Time(JsonElement claims, ReadOnlySpan<byte> name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out var member))
            return true;
        if (member.ValueKind is not JsonValueKind.Number || !member.TryGetDecimal(out var seconds) || seconds < 0 || seconds > LatestTime)
            return false;

        time = DateTimeOffset.FromUnixTimeSeconds((long)seconds);
        return true;
    }
}

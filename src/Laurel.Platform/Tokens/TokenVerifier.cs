using System.Buffers;
using System.Text;
using Laurel.Platform.Issuers;

namespace Laurel.Platform.Tokens;

/// <summary>
/// Verifies access tokens, and remembers those that passed, so that the next request with the same token costs a hash and two
/// look-ups. Only what has passed every check is remembered: a flood of invented tokens cannot push out good ones.
/// </summary>
public sealed class TokenVerifier(string issuer, string audience, Func<KeySet> keys, TimeProvider time, TrustedIssuers? trusted = null, NextLook? next = null)
{
    // About 20 MB when both generations are full.
    internal const int GenerationCapacity = 32_768;

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>Without any, a token can be neither believed nor refused.</summary>
    public bool HasKeys => keys() != KeySet.Empty;

    internal VerifiedTokens Remembered { get; init; } = new(GenerationCapacity);

    /// <summary>Null unless the outcome is <see cref="TokenOutcome.Valid"/>. Whether its session has ended is the caller's question.</summary>
    public Identity? Verify(ReadOnlySpan<char> token, out TokenOutcome outcome) => Verify(token, out outcome, out _);

    /// <param name="token">As it came.</param>
    /// <param name="outcome">Why there is no identity.</param>
    /// <param name="looking">
    /// Where a key is unknown that may be a new one: over when keys have been looked at again, after which the same token may be good.
    /// </param>
    internal Identity? Verify(ReadOnlySpan<char> token, out TokenOutcome outcome, out Task? looking)
    {
        looking = null;
        Span<byte> text = stackalloc byte[Math.Min(token.Length, TokenFormat.MaxLength)];
        var known = Recall(token, text, out outcome, out var fingerprint);
        if (outcome != TokenOutcome.NotSeen)
            return known;

        if (Read(text, out outcome, out looking) is not { } signed)
            return null;

        outcome = Standing(signed);
        if (outcome is not TokenOutcome.Valid)
            return null;

        Remembered.Add(fingerprint, signed);
        return signed.Identity;
    }

    /// <summary>As <see cref="Verify(ReadOnlySpan{char}, out TokenOutcome)"/>, as long as that costs no signature; else the outcome is <see cref="TokenOutcome.NotSeen"/>.</summary>
    public Identity? Recall(ReadOnlySpan<char> token, out TokenOutcome outcome)
    {
        Span<byte> text = stackalloc byte[Math.Min(token.Length, TokenFormat.MaxLength)];
        return Recall(token, text, out outcome, out _);
    }

    private Identity? Recall(ReadOnlySpan<char> token, Span<byte> text, out TokenOutcome outcome, out TokenFingerprint fingerprint)
    {
        fingerprint = default;
        if (token.Length > TokenFormat.MaxLength)
        {
            outcome = TokenOutcome.TooLong;
            return null;
        }

        if (Ascii.FromUtf16(token, text, out _) is not OperationStatus.Done)
        {
            outcome = TokenOutcome.Malformed;
            return null;
        }

        fingerprint = TokenFingerprint.Of(text);
        if (Remembered.Find(fingerprint) is not { } remembered)
        {
            outcome = TokenOutcome.NotSeen;
            return null;
        }

        // A key may have been withdrawn since, and time goes on.
        outcome = Standing(remembered);
        return outcome is TokenOutcome.Valid ? remembered.Identity : null;
    }

    private SignedToken? Read(ReadOnlySpan<byte> token, out TokenOutcome outcome, out Task? looking)
    {
        looking = null;
        outcome = TokenOutcome.Malformed;
        var headerEnd = token.IndexOf((byte)'.');
        var payloadEnd = token.LastIndexOf((byte)'.');
        if (headerEnd == payloadEnd
            || TokenFormat.DecodeStrictly(token[..headerEnd]) is not { } header
            || TokenFormat.DecodeStrictly(token[(headerEnd + 1)..payloadEnd]) is not { } payload
            || TokenFormat.DecodeStrictly(token[(payloadEnd + 1)..]) is not { } signature)
        {
            return null;
        }

        if (trusted?.Named(payload) is { } other)
            return other.Read(header, payload, token[..payloadEnd], signature, out outcome, out looking);

        if (ReadHeader(header, out outcome) is not { } key)
        {
            looking = outcome is TokenOutcome.UnknownKey && IsNew(payload) ? next?.Wait() : null;
            return null;
        }

        if (!key.Verify(token[..payloadEnd], signature))
        {
            outcome = TokenOutcome.BadSignature;
            return null;
        }

        using var claims = TokenFormat.ParseObject(payload);
        if (claims is not null)
            return TokenClaims.Read(claims.RootElement, key.Kid, issuer, audience, out outcome);

        outcome = TokenOutcome.BadClaims;
        return null;
    }

    /// <summary>
    /// The header is not signed for by anybody yet, so it chooses nothing but a key that we hold. Members beyond the three that our
    /// signer writes are refused, and with them <c>crit</c>, <c>jku</c>, <c>jwk</c>, <c>x5u</c>, <c>x5c</c>, <c>b64</c> and <c>zip</c>.
    /// </summary>
    private VerificationKey? ReadHeader(byte[] json, out TokenOutcome outcome)
    {
        using var document = TokenFormat.ParseObject(json);
        if (document is null)
        {
            outcome = TokenOutcome.Malformed;
            return null;
        }

        var header = document.RootElement;
        foreach (var member in header.EnumerateObject())
        {
            if (!member.NameEquals("alg"u8) && !member.NameEquals("typ"u8) && !member.NameEquals("kid"u8))
            {
                outcome = TokenOutcome.UnexpectedHeader;
                return null;
            }
        }

        if (TokenFormat.Text(header, "alg"u8) != TokenFormat.Algorithm)
        {
            outcome = TokenOutcome.WrongAlgorithm;
            return null;
        }

        if (!TokenFormat.IsMediaType(TokenFormat.Text(header, "typ"u8), TokenFormat.Type))
        {
            outcome = TokenOutcome.WrongType;
            return null;
        }

        outcome = TokenOutcome.UnknownKey;
        return TokenFormat.Text(header, "kid"u8) is { } kid ? keys().Find(kid) : null;
    }

    /// <summary>By what it says of itself: keys are looked at every second, so that one which signed earlier would be known.</summary>
    private bool IsNew(byte[] payload)
    {
        using var claims = TokenFormat.ParseObject(payload);
        return claims is not null && TokenClaims.IssuedAt(claims.RootElement) is { } issuedAt && (time.GetUtcNow() - issuedAt).Duration() < Skew;
    }

    private bool KeyCounts(SignedToken token) => token.Issuer is { } other ? other.Keys.Now.Holds(token.Kid) : keys().Find(token.Kid) is not null;

    private TokenOutcome Standing(SignedToken token)
    {
        var now = time.GetUtcNow();
        if (!KeyCounts(token))
            return TokenOutcome.UnknownKey;
        if (token.NotBefore - now > Skew)
            return TokenOutcome.NotYetValid;
        return now - token.Identity.ExpiresAt >= Skew ? TokenOutcome.Expired : TokenOutcome.Valid;
    }
}

using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Laurel.Platform.Tokens;

/// <summary>Makes access tokens: RS256 JWTs after RFC 9068.</summary>
public sealed class TokenSigner(string issuer, string audience)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">No verifier would read the token back as this identity.</exception>
    public string Sign(Identity identity, SigningKey key)
    {
        RefuseUnfaithful(identity);

        var header = $$"""{"alg":"{{TokenFormat.Algorithm}}","typ":"{{TokenFormat.Type}}","kid":"{{key.Kid}}"}""";
        var payload = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(payload))
            TokenClaims.Write(json, identity, issuer, audience, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));

        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(payload.WrittenSpan)}";
        var token = $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
        return token.Length <= TokenFormat.MaxLength
            ? token
            : throw new ArgumentException($"The token would have {token.Length} characters.", nameof(identity));
    }

    /// <summary>What would come back as something else must not be signed: a scope with a space in it would come back as two.</summary>
    private static void RefuseUnfaithful(Identity identity)
    {
        foreach (var text in new[] { identity.Subject, identity.Role, identity.SessionId })
        {
            if (text is { Length: 0 })
                throw new ArgumentException("A claim must not be empty.", nameof(identity));
            if (text is not null)
                _ = StrictUtf8.GetByteCount(text);
        }

        if (identity.Scopes.FirstOrDefault(scope => !TokenClaims.IsScope(scope)) is { } bad)
            throw new ArgumentException($"\"{bad}\" is no scope.", nameof(identity));
        if (identity.ExpiresAt.ToUnixTimeSeconds() <= identity.IssuedAt.ToUnixTimeSeconds() || identity.IssuedAt < DateTimeOffset.UnixEpoch)
            throw new ArgumentException("A token must live at least a second.", nameof(identity));
    }
}

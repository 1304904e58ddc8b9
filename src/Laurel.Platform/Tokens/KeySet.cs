using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace Laurel.Platform.Tokens;

/// <summary>The public keys that tokens may be signed with at one moment. Never changed, only replaced whole.</summary>
public sealed class KeySet(IEnumerable<VerificationKey> keys)
{
    private readonly FrozenDictionary<string, VerificationKey> _byKid = keys.ToFrozenDictionary(key => key.Kid);

    public static KeySet Empty { get; } = new([]);

    /// <summary>
    /// Reads a JSON Web Key Set (RFC 7517). Keys for other purposes are passed over; a key for ours that is weak or malformed
    /// spoils the whole document, since whoever published it is not to be trusted with the rest.
    /// </summary>
    /// <exception cref="FormatException">The document is no key set, or one of its RS256 keys is unfit.</exception>
    public static KeySet Parse(ReadOnlySpan<byte> json)
    {
        Jwks? document;
        try
        {
            document = JsonSerializer.Deserialize<Jwks>(json, Jwks.JsonOptions);
        }
        catch (JsonException e)
        {
            throw new FormatException("This is no JSON Web Key Set.", e);
        }

        return document?.Keys is { } keys
            ? new KeySet([.. keys.Where(key => key is { Kty: "RSA", Use: "sig", Alg: TokenFormat.Algorithm }).Select(ReadKey)])
            : throw new FormatException("A JSON Web Key Set has an array named keys.");
    }

    public VerificationKey? Find(string kid) => _byKid.GetValueOrDefault(kid);

    public Jwks ToJwks() => new(
        [.. _byKid.Values.Select(key => new Jwk("RSA", "sig", TokenFormat.Algorithm, key.Kid, key.Modulus, VerificationKey.Exponent))]);

    private static VerificationKey ReadKey(Jwk jwk)
    {
        var key = new VerificationKey(Decode(jwk.N), Decode(jwk.E));
        return key.Kid == jwk.Kid ? key : throw new FormatException("The kid of a key must be its RFC 7638 thumbprint.");
    }

    private static byte[] Decode(string? text) =>
        TokenFormat.DecodeStrictly(Encoding.UTF8.GetBytes(text ?? "")) ?? throw new FormatException("A key's number is no base64url text.");
}

/// <summary>The document at <c>/.well-known/jwks.json</c>.</summary>
public sealed record Jwks(IReadOnlyList<Jwk> Keys)
{
    internal static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        MaxDepth = 8,
    };
}

public sealed record Jwk(string Kty, string Use, string Alg, string Kid, string N, string E);

using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Laurel.Platform.Tokens;

namespace Laurel.Platform.Issuers;

/// <summary>
/// The keys of a trusted issuer at one moment. Never changed, only replaced whole. Issuers publish keys of many kinds and uses, and are
/// not ours to correct: what is not fit is passed over, and the rest counts.
/// </summary>
internal sealed class IssuerKeySet
{
    private readonly FrozenDictionary<(string Algorithm, string Kid), IssuerKey> _byName;
    private readonly FrozenDictionary<string, IssuerKey> _lone;
    private readonly FrozenSet<string> _thumbprints;

    private IssuerKeySet(IReadOnlyCollection<IssuerKey> keys, IReadOnlyList<string> unfit)
    {
        _byName = keys.Where(key => key.Kid is not null).ToFrozenDictionary(key => (key.Algorithm, key.Kid!));
        _lone = keys.GroupBy(key => key.Algorithm).Where(same => same.Count() == 1).ToFrozenDictionary(same => same.Key, same => same.Single());
        _thumbprints = keys.Select(key => key.Thumbprint).ToFrozenSet();
        Unfit = unfit;
    }

    public static IssuerKeySet Empty { get; } = new([], []);

    public int Count => _thumbprints.Count;

    /// <summary>Why keys that are meant for us were passed over.</summary>
    public IReadOnlyList<string> Unfit { get; }

    /// <summary>A token that names no key is verified only where there is no choice.</summary>
    public IssuerKey? Find(string algorithm, string? kid) =>
        kid is null ? _lone.GetValueOrDefault(algorithm) : _byName.GetValueOrDefault((algorithm, kid));

    public bool Holds(string thumbprint) => _thumbprints.Contains(thumbprint);

    /// <exception cref="FormatException">The document is no JSON Web Key Set (RFC 7517).</exception>
    public static IssuerKeySet Parse(ReadOnlyMemory<byte> json)
    {
        using var document = TokenFormat.ParseObject(json);
        if (document is null || !document.RootElement.TryGetProperty("keys"u8, out var list) || list.ValueKind is not JsonValueKind.Array)
            throw new FormatException("This is no JSON Web Key Set.");

        List<IssuerKey> keys = [];
        List<string> unfit = [];
        foreach (var jwk in list.EnumerateArray())
        {
            if (!IsForSignatures(jwk, out var algorithm))
                continue;

            try
            {
                var key = Read(jwk, algorithm);
                if (keys.Any(other => other.Thumbprint == key.Thumbprint && other.Kid == key.Kid))
                    continue;
                if (key.Kid is not null && keys.Any(other => other.Algorithm == key.Algorithm && other.Kid == key.Kid))
                    throw new FormatException($"Two keys have the kid {key.Kid}.");
                keys.Add(key);
            }
            catch (FormatException e)
            {
                unfit.Add(e.Message);
            }
        }

        return new IssuerKeySet(keys, unfit);
    }

    /// <summary>
    /// The algorithm follows from the kind of key. Where the issuer says what a key is for, in up to three ways, it must be this; many
    /// say nothing.
    /// </summary>
    private static bool IsForSignatures(JsonElement jwk, out string algorithm)
    {
        algorithm = "";
        if (jwk.ValueKind is not JsonValueKind.Object)
            return false;

        algorithm = (TokenFormat.Text(jwk, "kty"u8), TokenFormat.Text(jwk, "crv"u8)) switch
        {
            ("RSA", _) => IssuerKey.Rs256,
            ("EC", "P-256") => IssuerKey.Es256,
            _ => "",
        };
        return algorithm.Length > 0
            && Says(jwk, "use"u8, "sig")
            && Says(jwk, "alg"u8, algorithm)
            && (!jwk.TryGetProperty("key_ops"u8, out var uses)
                || (uses.ValueKind is JsonValueKind.Array && uses.EnumerateArray().Any(use => TokenFormat.Text(use) == "verify")));
    }

    private static bool Says(JsonElement jwk, ReadOnlySpan<byte> name, string expected) =>
        TokenFormat.OptionalText(jwk, name, out var text) && (text is null || text == expected);

    private static IssuerKey Read(JsonElement jwk, string algorithm)
    {
        if (!TokenFormat.OptionalText(jwk, "kid"u8, out var kid))
            throw new FormatException("A kid is a text.");
        return algorithm == IssuerKey.Rs256
            ? new RsaIssuerKey(kid, new VerificationKey(Number(jwk, "n"u8), Number(jwk, "e"u8)))
            : new EcIssuerKey(kid, Number(jwk, "x"u8), Number(jwk, "y"u8));
    }

    private static byte[] Number(JsonElement jwk, ReadOnlySpan<byte> name) =>
        TokenFormat.DecodeStrictly(Encoding.UTF8.GetBytes(TokenFormat.Text(jwk, name) ?? ""))
        ?? throw new FormatException("A key's number is no base64url text.");
}

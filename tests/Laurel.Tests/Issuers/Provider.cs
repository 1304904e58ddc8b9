using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Laurel.Tests.Issuers;

/// <summary>A key pair of an identity provider, and what it publishes of it.</summary>
internal sealed class ProviderKey
{
    private readonly Lock _gate = new();
    private readonly RSA? _rsa;
    private readonly ECDsa? _ec;

    private ProviderKey(string? kid, RSA? rsa, ECDsa? ec) => (Kid, _rsa, _ec) = (kid, rsa, ec);

    public string? Kid { get; }

    public string Algorithm => _rsa is null ? "ES256" : "RS256";

    public static ProviderKey Rsa(string? kid, int bits = 2048) => new(kid, RSA.Create(bits), null);

    public static ProviderKey Ec(string? kid) => new(kid, null, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The same key under another name.</summary>
    public ProviderKey As(string? kid) => new(kid, _rsa, _ec);

    public JsonObject Jwk()
    {
        var jwk = new JsonObject { ["use"] = "sig", ["alg"] = Algorithm };
        if (Kid is not null)
            jwk["kid"] = Kid;
        if (_rsa is not null)
        {
            var rsa = _rsa.ExportParameters(includePrivateParameters: false);
            (jwk["kty"], jwk["n"], jwk["e"]) = ("RSA", Base64Url.EncodeToString(rsa.Modulus), Base64Url.EncodeToString(rsa.Exponent));
        }
        else
        {
            var point = _ec!.ExportParameters(includePrivateParameters: false).Q;
            (jwk["kty"], jwk["crv"], jwk["x"], jwk["y"]) = ("EC", "P-256", Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        }

        return jwk;
    }

    public byte[] PublicKeyInfo() => _rsa?.ExportSubjectPublicKeyInfo() ?? _ec!.ExportSubjectPublicKeyInfo();

    public byte[] Sign(byte[] data)
    {
        lock (_gate)
            return _rsa?.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? _ec!.SignData(data, HashAlgorithmName.SHA256);
    }
}

/// <summary>A game's own identity provider: what its tokens look like, and how one would forge them.</summary>
internal static class Provider
{
    public const string Issuer = "https://id.game.test";
    public const string Audience = "laurel-game";
    public const string Prefix = "game:";

    // Making a key costs a tenth of a second, and no test minds sharing these.
    public static readonly ProviderKey Rsa = ProviderKey.Rsa("r1");
    public static readonly ProviderKey Ec = ProviderKey.Ec("e1");
    public static readonly ProviderKey Stranger = ProviderKey.Rsa("r1");

    public static JsonObject Claims(DateTimeOffset now, string user = "ada") => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = user,
        ["iat"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.ToUnixTimeSeconds() + 3600,
    };

    public static JsonObject Header(ProviderKey key)
    {
        var header = new JsonObject { ["alg"] = key.Algorithm, ["typ"] = "JWT" };
        if (key.Kid is not null)
            header["kid"] = key.Kid;
        return header;
    }

    public static string Token(DateTimeOffset now, string user = "ada", ProviderKey? key = null) =>
        Forge(Header(key ?? Rsa).ToJsonString(), Claims(now, user).ToJsonString(), key);

    public static string Forge(string header, string payload, ProviderKey? key = null)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString((key ?? Rsa).Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string Jwks(params IEnumerable<ProviderKey> keys) => Set(keys.Select(key => key.Jwk()));

    public static string Set(params IEnumerable<JsonNode?> keys) => new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString();

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static JsonNode Parsed(string json) => JsonSerializer.Deserialize<JsonNode>(json)!;
}

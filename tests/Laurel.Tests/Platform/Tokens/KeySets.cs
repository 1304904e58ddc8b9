using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Laurel.Platform.Tokens;

namespace Laurel.Tests.Platform.Tokens;

public sealed class KeySets
{
    private static readonly Jwk Good = new KeySet([TokenWorkshop.Key.Public]).ToJwks().Keys[0];

    [Fact]
    public void A_published_set_is_read_back_and_verifies()
    {
        var workshop = new TokenWorkshop();
        var published = JsonSerializer.Serialize(
            new KeySet([TokenWorkshop.Key.Public, TokenWorkshop.OtherKey.Public]).ToJwks(), JsonSerializerOptions.Web);
        var token = workshop.Token();

        workshop.Keys = KeySet.Parse(Encoding.UTF8.GetBytes(published));

        Assert.Equal(TokenOutcome.Valid, workshop.Outcome(token));
        Assert.NotNull(workshop.Keys.Find(TokenWorkshop.OtherKey.Kid));
    }

    [Fact]
    public void Nothing_private_is_published()
    {
        var json = JsonSerializer.SerializeToElement(new KeySet([TokenWorkshop.Key.Public]).ToJwks(), JsonSerializerOptions.Web);

        Assert.Equal(["kty", "use", "alg", "kid", "n", "e"], json.GetProperty("keys")[0].EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[null]}""")]
    [InlineData("""{"keys":[{}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","use":"sig","alg":"ES256","kid":"k","crv":"P-256","x":"AA","y":"AA"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","use":"enc","alg":"RS256","kid":"k","n":"AA","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","use":"sig","alg":"PS256","kid":"k","n":"AA","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"AyM1"}],"more":true}""")]
    public void Keys_for_other_purposes_are_passed_over(string json)
    {
        Assert.Empty(KeySet.Parse(Encoding.UTF8.GetBytes(json)).ToJwks().Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":null}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"k","n":5,"e":"AQAB"}]}""")]
    [InlineData("<html>")]
    public void What_is_no_key_set_is_refused(string json)
    {
        Assert.Throws<FormatException>(() => KeySet.Parse(Encoding.UTF8.GetBytes(json)));
    }

    public static TheoryData<string, string, Func<Jwk, Jwk>> Unfit => new()
    {
        { "1024 bits", "2048 to 4096 bits, this one has 1024", key => key with { N = Modulus(1024) } },
        { "2047 bits", "this one has 2047", key => key with { N = Base64Url.EncodeToString([0x7f, .. Base64Url.DecodeFromChars(key.N)[1..]]) } },
        { "2048 bits by leading zeros", "must not begin with zero", key => key with { N = Base64Url.EncodeToString([.. new byte[128], .. Base64Url.DecodeFromChars(Modulus(1024))]) } },
        { "4104 bits", "this one has 4104", key => key with { N = Base64Url.EncodeToString([.. Enumerable.Repeat((byte)255, 513)]) } },
        { "an even modulus", "must be odd", key => key with { N = Base64Url.EncodeToString([.. Base64Url.DecodeFromChars(key.N)[..^1], 0xfe]) } },
        { "exponent 1", "65537", key => key with { E = "AQ" } },
        { "exponent 3", "65537", key => key with { E = "Aw" } },
        { "an even exponent", "65537", key => key with { E = "AQAA" } },
        { "a padded exponent", "65537", key => key with { E = "AAEAAQ" } },
        { "a huge exponent", "65537", key => key with { E = key.N } },
        { "no exponent", "base64url", key => key with { E = null! } },
        { "no modulus", "base64url", key => key with { N = null! } },
        { "standard base64", "base64url", key => key with { N = key.N + "==" } },
        { "a foreign kid", "thumbprint", key => key with { Kid = TokenWorkshop.OtherKey.Kid } },
        { "no kid", "thumbprint", key => key with { Kid = null! } },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void An_unfit_key_spoils_the_set(string what, string reason, Func<Jwk, Jwk> spoil)
    {
        Assert.NotEmpty(what);
        var json = JsonSerializer.SerializeToUtf8Bytes(new Jwks([Good, spoil(Good)]), JsonSerializerOptions.Web);

        Assert.Contains(reason, Assert.Throws<FormatException>(() => KeySet.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weak_private_key_is_not_signed_with()
    {
        using var rsa = RSA.Create(1024);
        var pkcs8 = rsa.ExportPkcs8PrivateKey();

        Assert.Throws<FormatException>(() => SigningKey.ImportPkcs8(pkcs8));
        Assert.ThrowsAny<CryptographicException>(() => SigningKey.ImportPkcs8(pkcs8.AsSpan()[..100]));
    }

    private static string Modulus(int bits)
    {
        using var rsa = RSA.Create(bits);
        return Base64Url.EncodeToString(rsa.ExportParameters(includePrivateParameters: false).Modulus!);
    }
}

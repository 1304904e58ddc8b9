using System.Buffers.Text;
using System.Text.Json.Nodes;
using Laurel.Platform.Issuers;

namespace Laurel.Tests.Issuers;

public sealed class KeysOfIssuers
{
    [Fact]
    public void A_published_set_is_read_whether_or_not_it_says_what_its_keys_are_for()
    {
        var plain = new[] { Provider.Rsa.Jwk(), Provider.Ec.Jwk() };
        foreach (var jwk in plain)
        {
            jwk.Remove("use");
            jwk.Remove("alg");
        }

        var rich = Provider.Ec.As("e2").Jwk();
        (rich["key_ops"], rich["x5c"], rich["x5t"], rich["ext"]) = (new JsonArray("verify"), new JsonArray("MIIC"), "AAAA", true);

        var keys = Parse(Provider.Set([.. plain, rich]));

        Assert.Empty(keys.Unfit);
        Assert.NotNull(keys.Find("RS256", "r1"));
        Assert.NotNull(keys.Find("ES256", "e1"));
        Assert.NotNull(keys.Find("ES256", "e2"));
        Assert.Null(keys.Find("ES256", "r1"));
        Assert.Null(keys.Find("RS256", "e1"));
        Assert.Null(keys.Find("none", "r1"));
    }

    [Theory]
    [InlineData("use", "\"enc\"")]
    [InlineData("use", "1")]
    [InlineData("alg", "\"RS512\"")]
    [InlineData("alg", "\"RSA-OAEP\"")]
    [InlineData("alg", "\"ES256\"")]
    [InlineData("alg", "\"none\"")]
    [InlineData("alg", "null")]
    [InlineData("kty", "\"EC\"")]
    [InlineData("kty", "\"oct\"")]
    [InlineData("kty", "\"rsa\"")]
    [InlineData("key_ops", """["encrypt"]""")]
    [InlineData("key_ops", "\"verify\"")]
    public void A_key_for_another_purpose_is_passed_over_and_the_others_count(string name, string value)
    {
        var other = Provider.Stranger.As("other").Jwk();
        other[name] = JsonNode.Parse(value);

        var keys = Parse(Provider.Set(other, null, new JsonObject(), JsonValue.Create(1), Provider.Rsa.Jwk()));

        Assert.Equal(1, keys.Count);
        Assert.Empty(keys.Unfit);
        Assert.NotNull(keys.Find("RS256", kid: null));
    }

    [Fact]
    public void A_weak_or_malformed_key_is_passed_over_with_a_reason()
    {
        var (x, y) = (Provider.Ec.Jwk()["x"]!.ToString(), Provider.Ec.Jwk()["y"]!.ToString());
        (string Reason, JsonObject Jwk)[] unfit =
        [
            ("2048 to 4096 bits, this one has 1024", ProviderKey.Rsa("weak", 1024).Jwk()),
            ("65537", With(Provider.Stranger.As("exponent").Jwk(), "e", "Aw")),
            ("base64url", With(Provider.Stranger.As("modulus").Jwk(), "n", "a+b/")),
            ("base64url", With(Provider.Ec.As("none").Jwk(), "x", "")),
            ("32 bytes", With(Provider.Ec.As("short").Jwk(), "x", Base64Url.EncodeToString(Base64Url.DecodeFromChars(x).AsSpan(0, 31)))),
            ("32 bytes", With(Provider.Ec.As("long").Jwk(), "y", Base64Url.EncodeToString([0, .. Base64Url.DecodeFromChars(y)]))),
            ("no point", With(Provider.Ec.As("off the curve").Jwk(), "y", x)),
            ("no point", With(With(Provider.Ec.As("infinity").Jwk(), "x", Base64Url.EncodeToString(new byte[32])), "y", Base64Url.EncodeToString(new byte[32]))),
            ("kid is a text", With(Provider.Ec.Jwk(), "kid", "")),
            ("Two keys have the kid r1", Provider.Stranger.Jwk()),
        ];

        var keys = Parse(Provider.Set([Provider.Rsa.Jwk(), .. unfit.Select(one => one.Jwk), Provider.Ec.Jwk()]));

        Assert.Equal(2, keys.Count);
        Assert.All(unfit.Zip(keys.Unfit), pair => Assert.Contains(pair.First.Reason, pair.Second, StringComparison.Ordinal));
        Assert.Equal(unfit.Length, keys.Unfit.Count);

        static JsonObject With(JsonObject jwk, string name, string value)
        {
            jwk[name] = value;
            return jwk;
        }
    }

    [Fact]
    public void The_same_key_twice_is_one_key()
    {
        var keys = Parse(Provider.Set(Provider.Rsa.Jwk(), Provider.Rsa.Jwk()));

        Assert.Empty(keys.Unfit);
        Assert.NotNull(keys.Find("RS256", kid: null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[]}}""")]
    [InlineData("<html>")]
    public void What_is_no_key_set_is_refused(string json)
    {
        Assert.Throws<FormatException>(() => Parse(json));
    }

    private static IssuerKeySet Parse(string json) => IssuerKeySet.Parse(Provider.Utf8(json));
}

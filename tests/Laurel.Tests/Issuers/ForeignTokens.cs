using System.Buffers.Text;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Laurel.Platform.Tokens;

namespace Laurel.Tests.Issuers;

/// <summary>What one would try with a trusted issuer's keys. All tokens are properly signed, unless they say otherwise.</summary>
public sealed class ForeignTokens : IAsyncDisposable
{
    private readonly IssuerWorkshop _workshop = new();

    public ValueTask DisposeAsync() => _workshop.DisposeAsync();

    [Fact]
    public async Task Keys_of_both_kinds_verify_and_none_verifies_for_the_other()
    {
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(_workshop.Token(key: Provider.Rsa)));
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(_workshop.Token(key: Provider.Ec)));

        Assert.Equal(TokenOutcome.UnknownKey, await _workshop.Outcome(_workshop.Token(null, header => header["alg"] = "ES256")));
        Assert.Equal(TokenOutcome.UnknownKey, await _workshop.Outcome(_workshop.Token(null, header => header["alg"] = "RS256", Provider.Ec)));
        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(_workshop.Token(null, header => (header["alg"], header["kid"]) = ("RS256", "r1"), Provider.Ec)));
        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(_workshop.Token(null, header => (header["alg"], header["kid"]) = ("ES256", "e1"))));
        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(_workshop.Token(key: Provider.Stranger)));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("HS256")]
    [InlineData("HS512")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("ES384")]
    [InlineData("ES256K")]
    [InlineData("EdDSA")]
    [InlineData("rs256")]
    [InlineData("")]
    public async Task Only_RS256_and_ES256_are_algorithms(string algorithm)
    {
        Assert.Equal(TokenOutcome.WrongAlgorithm, await _workshop.Outcome(_workshop.Token(null, header => header["alg"] = algorithm)));
        Assert.Equal(TokenOutcome.WrongAlgorithm, await _workshop.Outcome(_workshop.Token(null, header => header["alg"] = algorithm, Provider.Ec)));
    }

    [Fact]
    public async Task A_public_key_is_no_HMAC_secret()
    {
        foreach (var key in new[] { Provider.Rsa, Provider.Ec })
        {
            foreach (var (algorithm, refusal) in new[] { ("HS256", TokenOutcome.WrongAlgorithm), (key.Algorithm, TokenOutcome.BadSignature) })
            {
                var header = Provider.Header(key);
                header["alg"] = algorithm;
                var signed = $"{Provider.Encode(header.ToJsonString())}.{Provider.Encode(Provider.Claims(_workshop.Clock.Now).ToJsonString())}";
                var mac = Base64Url.EncodeToString(HMACSHA256.HashData(key.PublicKeyInfo(), Encoding.ASCII.GetBytes(signed)));

                Assert.Equal(refusal, await _workshop.Outcome($"{signed}.{mac}"));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(72)]
    [InlineData(256)]
    public async Task A_signature_of_zeros_of_any_length_is_bad(int length)
    {
        foreach (var key in new[] { Provider.Rsa, Provider.Ec })
        {
            var token = _workshop.Token(key: key);
            var forged = $"{token[..token.LastIndexOf('.')]}.{Base64Url.EncodeToString(new byte[length])}";
            Assert.Equal(length == 0 ? TokenOutcome.Malformed : TokenOutcome.BadSignature, await _workshop.Outcome(forged));
        }
    }

    [Fact]
    public async Task A_signature_in_the_other_form_is_bad()
    {
        var token = _workshop.Token(key: Provider.Ec);
        var raw = Base64Url.DecodeFromChars(token.AsSpan(token.LastIndexOf('.') + 1));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Trimmed(raw[..32]));
            writer.WriteIntegerUnsigned(Trimmed(raw[32..]));
        }

        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome($"{token[..token.LastIndexOf('.')]}.{Base64Url.EncodeToString(writer.Encode())}"));

        static byte[] Trimmed(byte[] number) => [.. number.SkipWhile((digit, at) => digit == 0 && at < number.Length - 1)];
    }

    [Theory]
    [InlineData("jku", "\"https://evil.test/jwks.json\"")]
    [InlineData("x5u", "\"https://evil.test/chain.pem\"")]
    [InlineData("x5c", """["MIIC"]""")]
    [InlineData("x5t", "\"AAAA\"")]
    public async Task A_header_names_no_key_but_by_its_id(string name, string value)
    {
        void Name(JsonObject header) => header[name] = Provider.Parsed(value);

        // Some issuers send such members. They are worth nothing, and do no harm.
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(_workshop.Token(null, Name)));
        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(_workshop.Token(null, Name, Provider.Stranger)));
        Assert.Equal(TokenOutcome.UnknownKey, await _workshop.Outcome(_workshop.Token(null, header => { Name(header); header["kid"] = "evil"; }, Provider.Stranger)));
    }

    [Fact]
    public async Task A_key_that_a_token_brings_along_is_nobodys()
    {
        void Bring(JsonObject header) => header["jwk"] = Provider.Stranger.Jwk();

        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(_workshop.Token(null, Bring, Provider.Stranger)));
        Assert.Equal(TokenOutcome.UnknownKey, await _workshop.Outcome(_workshop.Token(null, header => { Bring(header); header["kid"] = "brought"; }, Provider.Stranger)));
    }

    [Theory]
    [InlineData("crit", """["exp"]""")]
    [InlineData("b64", "false")]
    [InlineData("zip", "\"DEF\"")]
    public async Task A_header_gives_a_token_no_other_meaning(string name, string value)
    {
        Assert.Equal(TokenOutcome.UnexpectedHeader, await _workshop.Outcome(_workshop.Token(null, header => header[name] = Provider.Parsed(value))));
    }

    [Theory]
    [InlineData("\"JWT\"", TokenOutcome.Valid)]
    [InlineData("\"jwt\"", TokenOutcome.Valid)]
    [InlineData("\"at+jwt\"", TokenOutcome.Valid)]
    [InlineData("\"application/at+jwt\"", TokenOutcome.Valid)]
    [InlineData(null, TokenOutcome.Valid)]
    [InlineData("\"logout+jwt\"", TokenOutcome.WrongType)]
    [InlineData("\"secevent+jwt\"", TokenOutcome.WrongType)]
    [InlineData("\"dpop+jwt\"", TokenOutcome.WrongType)]
    [InlineData("\"\"", TokenOutcome.WrongType)]
    [InlineData("1", TokenOutcome.WrongType)]
    public async Task A_token_may_be_of_a_kind_that_signs_somebody_in(string? type, TokenOutcome expected)
    {
        Assert.Equal(expected, await _workshop.Outcome(_workshop.Token(
            null,
            header =>
            {
                header.Remove("typ");
                if (type is not null)
                    header["typ"] = Provider.Parsed(type);
            })));
    }

    [Fact]
    public async Task A_token_without_a_key_id_is_read_where_there_is_no_choice()
    {
        static void Nameless(JsonObject header) => header.Remove("kid");
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(_workshop.Token(null, Nameless)));
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(_workshop.Token(null, Nameless, Provider.Ec)));
        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(_workshop.Token(null, Nameless, Provider.Stranger)));

        await using var two = new IssuerWorkshop();
        two.Publish(Provider.Rsa, Provider.Stranger.As("r2"));
        Assert.Equal(TokenOutcome.UnknownKey, await two.Outcome(two.Token(null, Nameless)));
        Assert.Equal(TokenOutcome.Valid, await two.Outcome(two.Token()));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("[\"r1\"]")]
    public async Task A_key_id_is_a_text(string kid)
    {
        Assert.Equal(TokenOutcome.Malformed, await _workshop.Outcome(_workshop.Token(null, header => header["kid"] = JsonNode.Parse(kid))));
    }
}

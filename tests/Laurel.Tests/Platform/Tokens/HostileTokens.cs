using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Tokens;

namespace Laurel.Tests.Platform.Tokens;

/// <summary>The list of RFC 8725, and what else one would try. Each case but those on signatures is properly signed.</summary>
public sealed class HostileTokens
{
    private readonly TokenWorkshop _workshop = new();

    [Fact]
    public void The_forger_of_these_tests_makes_a_valid_token_when_nothing_is_forged()
    {
        Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(TokenWorkshop.Forge(_workshop.Header, _workshop.Payload)));
    }

    [Fact]
    public void Alg_none_is_refused_in_every_letter_case_with_and_without_a_signature()
    {
        for (var upper = 0; upper < 16; upper++)
        {
            var none = string.Concat("none".Select((letter, i) => (upper >> i & 1) == 1 ? char.ToUpperInvariant(letter) : letter));
            var signed = TokenWorkshop.Forge(TokenWorkshop.Head(none, "at+jwt", TokenWorkshop.Key.Kid), _workshop.Payload);

            Assert.Equal(TokenOutcome.WrongAlgorithm, _workshop.Outcome(signed));
            Assert.Equal(TokenOutcome.Malformed, _workshop.Outcome(signed[..(signed.LastIndexOf('.') + 1)]));
        }
    }

    [Theory]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("rs256")]
    [InlineData("RS256 ")]
    [InlineData("")]
    public void Only_RS256_is_an_algorithm(string algorithm)
    {
        var token = TokenWorkshop.Forge(TokenWorkshop.Head(algorithm, "at+jwt", TokenWorkshop.Key.Kid), _workshop.Payload);

        Assert.Equal(TokenOutcome.WrongAlgorithm, _workshop.Outcome(token));
    }

    [Fact]
    public void The_public_key_is_no_HMAC_secret()
    {
        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(TokenWorkshop.Key.ExportPkcs8(), out _);
        byte[][] secrets =
        [
            rsa.ExportSubjectPublicKeyInfo(),
            rsa.ExportRSAPublicKey(),
            Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()),
            Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            rsa.ExportParameters(includePrivateParameters: false).Modulus!,
        ];

        foreach (var secret in secrets)
        {
            foreach (var (algorithm, refusal) in new[] { ("HS256", TokenOutcome.WrongAlgorithm), ("RS256", TokenOutcome.BadSignature) })
            {
                var header = TokenWorkshop.Head(algorithm, "at+jwt", TokenWorkshop.Key.Kid);
                var signed = $"{TokenWorkshop.Encode(header)}.{TokenWorkshop.Encode(_workshop.Payload)}";
                var mac = Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)));

                Assert.Equal(refusal, _workshop.Outcome($"{signed}.{mac}"));
            }
        }
    }

    [Theory]
    [InlineData("""{"alg":"RS256","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":""}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":null}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":1}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":"../../etc/passwd"}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":"\ud800"}""")]
    public void A_missing_or_invented_key_id_is_refused(string header)
    {
        Assert.Equal(TokenOutcome.UnknownKey, _workshop.Outcome(TokenWorkshop.Forge(header, _workshop.Payload)));
    }

    [Fact]
    public void A_key_that_we_do_not_hold_is_unknown_and_its_signature_under_our_key_id_is_bad()
    {
        var honest = TokenWorkshop.Forge(TokenWorkshop.Head("RS256", "at+jwt", TokenWorkshop.OtherKey.Kid), _workshop.Payload, TokenWorkshop.OtherKey);
        var liar = TokenWorkshop.Forge(_workshop.Header, _workshop.Payload, TokenWorkshop.OtherKey);

        Assert.Equal(TokenOutcome.UnknownKey, _workshop.Outcome(honest));
        Assert.Equal(TokenOutcome.BadSignature, _workshop.Outcome(liar));
    }

    [Theory]
    [InlineData("jku", "\"https://evil.test/jwks.json\"")]
    [InlineData("jwk", """{"kty":"RSA","n":"AQAB","e":"AQAB"}""")]
    [InlineData("x5u", "\"https://evil.test/chain.pem\"")]
    [InlineData("x5c", """["MIIC"]""")]
    [InlineData("x5t", "\"AAAA\"")]
    [InlineData("crit", """["exp"]""")]
    [InlineData("b64", "false")]
    [InlineData("zip", "\"DEF\"")]
    [InlineData("cty", "\"JWT\"")]
    [InlineData("ALG", "\"none\"")]
    public void A_header_that_would_choose_a_key_or_a_meaning_is_refused(string name, string value)
    {
        var header = $$"""{{_workshop.Header[..^1]}},"{{name}}":{{value}}}""";

        Assert.Equal(TokenOutcome.UnexpectedHeader, _workshop.Outcome(TokenWorkshop.Forge(header, _workshop.Payload)));
    }

    [Theory]
    [InlineData("at+jwt", TokenOutcome.Valid)]
    [InlineData("AT+JWT", TokenOutcome.Valid)]
    [InlineData("application/at+jwt", TokenOutcome.Valid)]
    [InlineData("Application/AT+jwt", TokenOutcome.Valid)]
    [InlineData("JWT", TokenOutcome.WrongType)]
    [InlineData("at+jwt ", TokenOutcome.WrongType)]
    [InlineData("at-jwt", TokenOutcome.WrongType)]
    [InlineData("id+jwt", TokenOutcome.WrongType)]
    [InlineData("dpop+jwt", TokenOutcome.WrongType)]
    [InlineData("application/application/at+jwt", TokenOutcome.WrongType)]
    [InlineData("", TokenOutcome.WrongType)]
    public void Only_access_tokens_are_access_tokens(string type, TokenOutcome expected)
    {
        Assert.Equal(expected, _workshop.Outcome(TokenWorkshop.Forge(TokenWorkshop.Head("RS256", type, TokenWorkshop.Key.Kid), _workshop.Payload)));
    }

    [Theory]
    [InlineData("\"iss\":\"https://laurel.test\"", "\"iss\":\"https://laurel.test/\"", TokenOutcome.WrongIssuer)]
    [InlineData("\"iss\":\"https://laurel.test\"", "\"iss\":\"https://LAUREL.test\"", TokenOutcome.WrongIssuer)]
    [InlineData("\"aud\":\"laurel\"", "\"aud\":\"laurel2\"", TokenOutcome.WrongAudience)]
    [InlineData("\"aud\":\"laurel\"", "\"aud\":\"Laurel\"", TokenOutcome.WrongAudience)]
    [InlineData("\"aud\":\"laurel\"", "\"aud\":[\"laurel\"]", TokenOutcome.BadClaims)]
    [InlineData("\"aud\":\"laurel\",", "", TokenOutcome.BadClaims)]
    [InlineData("\"iss\":\"https://laurel.test\",", "", TokenOutcome.BadClaims)]
    [InlineData("\"sub\":\"ada\",", "", TokenOutcome.BadClaims)]
    [InlineData("\"sub\":\"ada\"", "\"sub\":\"\"", TokenOutcome.BadClaims)]
    [InlineData("\"sub\":\"ada\"", "\"sub\":null", TokenOutcome.BadClaims)]
    [InlineData("\"sub\":\"ada\"", "\"sub\":1", TokenOutcome.BadClaims)]
    [InlineData("\"sub\":\"ada\"", "\"sub\":[\"ada\"]", TokenOutcome.BadClaims)]
    [InlineData("\"sub\":\"ada\"", "\"sub\":\"\\ud800\"", TokenOutcome.BadClaims)]
    [InlineData("\"jti\":\"t1\",", "", TokenOutcome.BadClaims)]
    [InlineData("\"jti\":\"t1\"", "\"jti\":7", TokenOutcome.BadClaims)]
    [InlineData("\"sid\":\"s1\"", "\"sid\":null", TokenOutcome.BadClaims)]
    [InlineData("\"sid\":\"s1\"", "\"sid\":{}", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":[\"USER\",\"ADMIN\"]", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"scope\":\"a  b\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"scope\":\" a\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"scope\":\"a\\u00a0b\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"scope\":[\"a\"]", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"USER\",\"role\":\"ADMIN\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"USER\",\"rol\\u0065\":\"ADMIN\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"USER\",\"more\":{\"a\":1,\"a\":2}", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"USER\",\"\\ud800\":1", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"USER\",\"more\":[[[[[[[[[[1]]]]]]]]]]", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"", "\"role\":\"USER\",\"more\":{\"role\":\"ADMIN\"}", TokenOutcome.Valid)]
    [InlineData("\"role\":\"USER\"", "\"Role\":\"ADMIN\"", TokenOutcome.Valid)]
    [InlineData("\"role\":\"USER\"}", "\"role\":\"USER\"", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"}", "\"role\":\"USER\"}}", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"}", "\"role\":\"USER\"} // fine", TokenOutcome.BadClaims)]
    [InlineData("\"role\":\"USER\"}", "\"role\":\"USER\",}", TokenOutcome.BadClaims)]
    public void Claims_are_read_strictly(string genuine, string forged, TokenOutcome expected)
    {
        var payload = _workshop.Payload.Replace(genuine, forged, StringComparison.Ordinal);
        Assert.NotEqual(_workshop.Payload, payload);

        Assert.Equal(expected, _workshop.Outcome(TokenWorkshop.Forge(_workshop.Header, payload)));
    }

    [Fact]
    public void A_role_in_other_letter_case_or_deeper_down_is_no_role()
    {
        var payload = _workshop.Payload.Replace("\"role\":\"USER\"", "\"Role\":\"ADMIN\",\"more\":{\"role\":\"ADMIN\"}", StringComparison.Ordinal);

        Assert.Null(_workshop.Verifier.Verify(TokenWorkshop.Forge(_workshop.Header, payload), out _)!.Role);
    }

    [Theory]
    [InlineData("exp", "\"1772370000\"")]
    [InlineData("exp", "null")]
    [InlineData("exp", "1772370000.5")]
    [InlineData("exp", "1772370000.0")]
    [InlineData("exp", "1.7723700e9")]
    [InlineData("exp", "1e400")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "9223372036854775807")]
    [InlineData("exp", "9223372036854775808")]
    [InlineData("exp", "253402300800")]
    [InlineData("exp", "99999999999999999999999999999999999999")]
    [InlineData("iat", "\"1\"")]
    [InlineData("iat", "-9223372036854775808")]
    [InlineData("iat", "253402300799")]
    [InlineData("nbf", "\"1\"")]
    [InlineData("nbf", "null")]
    [InlineData("nbf", "1e3")]
    [InlineData("nbf", "-62135596801")]
    public void A_time_is_a_whole_number_of_seconds_that_a_calendar_knows(string claim, string value)
    {
        var payload = _workshop.Payload
            .Replace($"\"iat\":{_workshop.Now}", claim is "iat" ? $"\"iat\":{value}" : $"\"iat\":{_workshop.Now}", StringComparison.Ordinal)
            .Replace($"\"exp\":{_workshop.Now + 600}", claim is "exp" ? $"\"exp\":{value}" : $"\"exp\":{_workshop.Now + 600}", StringComparison.Ordinal)
            .Replace("\"sid\":", claim is "nbf" ? $"\"nbf\":{value},\"sid\":" : "\"sid\":", StringComparison.Ordinal);

        Assert.Equal(TokenOutcome.BadClaims, _workshop.Outcome(TokenWorkshop.Forge(_workshop.Header, payload)));
    }

    [Theory]
    [InlineData(-600, 253402300799 - 1772366400, null, TokenOutcome.Valid)]
    [InlineData(-600, -29, null, TokenOutcome.Valid)]
    [InlineData(-600, -30, null, TokenOutcome.Expired)]
    [InlineData(-600, -31, null, TokenOutcome.Expired)]
    [InlineData(30, 600, null, TokenOutcome.Valid)]
    [InlineData(31, 600, null, TokenOutcome.NotYetValid)]
    [InlineData(0, 600, 30L, TokenOutcome.Valid)]
    [InlineData(0, 600, 31L, TokenOutcome.NotYetValid)]
    [InlineData(0, 0, null, TokenOutcome.BadClaims)]
    [InlineData(10, 5, null, TokenOutcome.BadClaims)]
    public void Clocks_may_differ_by_thirty_seconds(long issued, long expires, long? notBefore, TokenOutcome expected)
    {
        var nbf = notBefore is null ? "" : $"\"nbf\":{_workshop.Now + notBefore},";
        var payload = _workshop.Payload.Replace(
            $"\"iat\":{_workshop.Now},\"exp\":{_workshop.Now + 600}",
            $"\"iat\":{_workshop.Now + issued},{nbf}\"exp\":{_workshop.Now + expires}",
            StringComparison.Ordinal);

        Assert.Equal(expected, _workshop.Outcome(TokenWorkshop.Forge(_workshop.Header, payload)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("AA.AA.AA")]
    [InlineData("e30.e30.e30")]
    [InlineData("bnVsbA.bnVsbA.bnVsbA")]
    [InlineData("W10.W10.W10")]
    [InlineData("\ud800.\u0000.\uffff")]
    public void What_is_no_token_is_refused(string token)
    {
        Assert.Contains(_workshop.Outcome(token), new[] { TokenOutcome.Malformed, TokenOutcome.WrongAlgorithm });
    }

    [Fact]
    public void Another_spelling_of_a_good_token_is_refused_even_when_the_good_one_is_remembered()
    {
        var token = _workshop.Token();
        Assert.Equal(TokenOutcome.Valid, _workshop.Outcome(token));
        var parts = token.Split('.');

        string[] spellings =
        [
            $" {token}", $"{token} ", $"{token}\n", $"{token}\0", $"{token}=", $"{token}==", $"{token}.", $".{token}", $"{token}.AA",
            $"{parts[0]}=.{parts[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}=.{parts[2]}",
            $"{parts[0]}.{parts[1]}\r\n.{parts[2]}",
            $"{parts[0]}.{parts[1]}..{parts[2]}",
            $"{parts[0]}.{parts[1]}.{parts[2].Insert(40, " ")}",
            $"{parts[0]}.{parts[1]}.{parts[2]}".Replace('-', '+').Replace('_', '/') is var standard && standard != token ? standard : "",
            token.Replace('.', '\u2024'),
            token + "\u0101",
        ];

        Assert.All(spellings, spelling => Assert.Equal(TokenOutcome.Malformed, _workshop.Outcome(spelling)));
    }

    [Fact]
    public void Bits_that_encode_nothing_must_be_zero()
    {
        // 256 bytes leave four unused bits in the last of their 342 characters.
        var token = _workshop.Token();
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Alphabet.IndexOf(token[^1], StringComparison.Ordinal);

        for (var stray = 1; stray < 16; stray++)
            Assert.Equal(TokenOutcome.Malformed, _workshop.Outcome(token[..^1] + Alphabet[last | stray]));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var token = _workshop.Token();
        for (var length = 0; length < token.Length; length++)
            Assert.NotEqual(TokenOutcome.Valid, _workshop.Outcome(token[..length]));
    }

    [Fact]
    public void A_signature_of_another_length_or_beyond_the_modulus_is_bad()
    {
        var signed = $"{TokenWorkshop.Encode(_workshop.Header)}.{TokenWorkshop.Encode(_workshop.Payload)}";
        byte[][] signatures = [[0], new byte[255], new byte[256], new byte[257], [.. Enumerable.Repeat((byte)255, 256)], new byte[4096]];

        Assert.All(signatures, signature =>
            Assert.Equal(TokenOutcome.BadSignature, _workshop.Outcome($"{signed}.{Base64Url.EncodeToString(signature)}")));
    }

    [Fact]
    public void A_token_beyond_8_kB_is_refused_however_well_signed()
    {
        var tokens = Enumerable.Range(5_600, 100).Select(length =>
            TokenWorkshop.Forge(_workshop.Header, _workshop.Payload.Replace("\"t1\"", $"\"{new string('t', length)}\"", StringComparison.Ordinal))).ToArray();

        Assert.All(tokens, token => Assert.Equal(token.Length <= 8192 ? TokenOutcome.Valid : TokenOutcome.TooLong, _workshop.Outcome(token)));
        Assert.Contains(tokens, token => token.Length is 8191 or 8192);
        Assert.Contains(tokens, token => token.Length is 8193 or 8194);
        Assert.Equal(TokenOutcome.TooLong, _workshop.Outcome(new string('A', 100_000)));
        Assert.Equal(TokenOutcome.TooLong, _workshop.Outcome(new string('.', 100_000)));
    }

    [Theory]
    [InlineData("""{"alg":"RS256","alg":"none","typ":"at+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"RS256","\u0061lg":"none","typ":"at+jwt","kid":"k"}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":"k",}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":"k"} {}""")]
    [InlineData("""{"alg":"RS256","typ":"at+jwt","kid":[[[[[[[[[[[[[[[["k"]]]]]]]]]]]]]]]]}""")]
    [InlineData("""/**/{"alg":"RS256","typ":"at+jwt","kid":"k"}""")]
    [InlineData("\ufeff{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"k\"}")]
    [InlineData("{'alg':'RS256'}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void A_header_is_strict_JSON(string header)
    {
        Assert.Equal(TokenOutcome.Malformed, _workshop.Outcome(TokenWorkshop.Forge(header, _workshop.Payload)));
    }

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_refused_in_names_and_in_values()
    {
        byte[][] headers =
        [
            [.. "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\""u8, 0xff, 0xfe, .. "\"}"u8],
            [.. "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\""u8, 0xc3, .. "\":\"k\"}"u8],
        ];

        foreach (var header in headers)
            Assert.NotEqual(TokenOutcome.Valid, _workshop.Outcome($"{Base64Url.EncodeToString(header)}.e30.AAAA"));
    }
}

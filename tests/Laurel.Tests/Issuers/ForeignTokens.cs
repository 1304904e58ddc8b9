using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Laurel.Events.Activities;
using Laurel.Platform.Issuers;
using Laurel.Platform.Tokens;
using Laurel.Tests.Platform.Tokens;

namespace Laurel.Tests.Issuers;

/// <summary>What a trusted issuer's token is believed, and what one would try with it. All are properly signed, unless they say otherwise.</summary>
public sealed class ForeignTokens : IAsyncDisposable
{
    private readonly IssuerWorkshop _workshop = new();

    public ValueTask DisposeAsync() => _workshop.DisposeAsync();

    [Fact]
    public async Task A_token_gives_the_id_of_a_user_with_the_issuers_prefix_and_nothing_else()
    {
        var token = _workshop.Token(
            claims =>
            {
                (claims["role"], claims["scope"], claims["sid"], claims["jti"]) = ("ADMIN", "activities:write", "0199b0d4-0000-7000-8000-000000000000", "1");
                (claims["roles"], claims["groups"]) = (new JsonArray("ADMIN"), new JsonArray("ADMIN"));
            });

        var (outcome, identity) = await _workshop.Verify(token);

        Assert.Equal(TokenOutcome.Valid, outcome);
        Assert.Equal("game:ada", identity!.Subject);
        Assert.Equal(Provider.Issuer, identity.Issuer);
        Assert.Null(identity.Role);
        Assert.Null(identity.SessionId);
        Assert.Empty(identity.Scopes);
    }

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
        var raw = Base64Url.DecodeFromChars(token[(token.LastIndexOf('.') + 1)..]);
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
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

    [Theory]
    [InlineData("iss", "\"https://id.game.test/\"", TokenOutcome.WrongType)]
    [InlineData("iss", "\"https://ID.game.test\"", TokenOutcome.WrongType)]
    [InlineData("iss", null, TokenOutcome.WrongType)]
    [InlineData("aud", "\"laurel-game\"", TokenOutcome.Valid)]
    [InlineData("aud", """["other","laurel-game"]""", TokenOutcome.Valid)]
    [InlineData("aud", """["laurel-game"]""", TokenOutcome.Valid)]
    [InlineData("aud", "\"Laurel-Game\"", TokenOutcome.WrongAudience)]
    [InlineData("aud", "\"laurel-game \"", TokenOutcome.WrongAudience)]
    [InlineData("aud", """["other"]""", TokenOutcome.WrongAudience)]
    [InlineData("aud", """[["laurel-game"]]""", TokenOutcome.WrongAudience)]
    [InlineData("aud", """{"laurel-game":"laurel-game"}""", TokenOutcome.WrongAudience)]
    [InlineData("aud", "[]", TokenOutcome.WrongAudience)]
    [InlineData("aud", "null", TokenOutcome.WrongAudience)]
    [InlineData("aud", null, TokenOutcome.WrongAudience)]
    [InlineData("sub", null, TokenOutcome.BadClaims)]
    [InlineData("sub", "\"\"", TokenOutcome.BadClaims)]
    [InlineData("sub", "null", TokenOutcome.BadClaims)]
    [InlineData("sub", """["ada"]""", TokenOutcome.BadClaims)]
    [InlineData("sub", "1.5", TokenOutcome.BadClaims)]
    [InlineData("sub", "\"a b\"", TokenOutcome.BadClaims)]
    [InlineData("sub", "\"ada\\n\"", TokenOutcome.BadClaims)]
    [InlineData("sub", "\"ada\\u0000\"", TokenOutcome.BadClaims)]
    [InlineData("sub", "\"아다\"", TokenOutcome.BadClaims)]
    [InlineData("sub", "12345", TokenOutcome.Valid)]
    [InlineData("exp", null, TokenOutcome.BadClaims)]
    [InlineData("exp", "null", TokenOutcome.BadClaims)]
    [InlineData("exp", "\"1772370000\"", TokenOutcome.BadClaims)]
    [InlineData("exp", "-1", TokenOutcome.BadClaims)]
    [InlineData("exp", "1e400", TokenOutcome.BadClaims)]
    [InlineData("exp", "253402300800", TokenOutcome.BadClaims)]
    [InlineData("exp", "99999999999999999999999999999999999999", TokenOutcome.BadClaims)]
    [InlineData("exp", "253402300799", TokenOutcome.Valid)]
    [InlineData("exp", "1772370000.5", TokenOutcome.Valid)]
    [InlineData("iat", null, TokenOutcome.Valid)]
    [InlineData("iat", "\"1\"", TokenOutcome.BadClaims)]
    [InlineData("nbf", "\"1\"", TokenOutcome.BadClaims)]
    [InlineData("nbf", "1", TokenOutcome.Valid)]
    public async Task Claims_are_read_strictly_and_what_names_no_trusted_issuer_is_a_token_of_Laurels_or_none(string name, string? value, TokenOutcome expected)
    {
        Assert.Equal(expected, await _workshop.Outcome(_workshop.Token(claims =>
        {
            claims.Remove(name);
            if (value is not null)
                claims[name] = JsonNode.Parse(value);
        })));
    }

    [Theory]
    [InlineData("\"sub\":\"ada\"", "\"sub\":\"ada\",\"sub\":\"bob\"", TokenOutcome.WrongAlgorithm)]
    [InlineData("\"sub\":\"ada\"", "\"sub\":\"\\ud800\"", TokenOutcome.BadClaims)]
    [InlineData("\"aud\":\"laurel-game\"", "\"aud\":\"\\ud800\"", TokenOutcome.WrongAudience)]
    [InlineData("\"aud\":\"laurel-game\"", "\"aud\":[\"\\ud800\",\"laurel-game\"]", TokenOutcome.Valid)]
    [InlineData("\"iss\":\"https://id.game.test\"", "\"iss\":\"\\ud800\"", TokenOutcome.WrongAlgorithm)]
    [InlineData("\"iss\":\"https://id.game.test\"", "\"iss\":[\"https://id.game.test\"]", TokenOutcome.WrongAlgorithm)]
    public async Task Texts_that_JSON_writers_do_not_write(string genuine, string forged, TokenOutcome expected)
    {
        var payload = Provider.Claims(_workshop.Clock.Now).ToJsonString();
        Assert.Contains(genuine, payload, StringComparison.Ordinal);

        // What names no trusted issuer is held against Laurel's own rules, and those know no ES256.
        var header = Provider.Header(Provider.Ec).ToJsonString();
        Assert.Equal(expected, await _workshop.Outcome(Provider.Forge(header, payload.Replace(genuine, forged, StringComparison.Ordinal), Provider.Ec)));
    }

    [Theory]
    [InlineData(-600, -29, null, TokenOutcome.Valid)]
    [InlineData(-600, -30, null, TokenOutcome.Expired)]
    [InlineData(30, 600, null, TokenOutcome.Valid)]
    [InlineData(31, 600, null, TokenOutcome.NotYetValid)]
    [InlineData(0, 600, 30, TokenOutcome.Valid)]
    [InlineData(0, 600, 31, TokenOutcome.NotYetValid)]
    [InlineData(0, 0, null, TokenOutcome.BadClaims)]
    public async Task Clocks_may_differ_by_thirty_seconds(int issued, int expires, int? notBefore, TokenOutcome expected)
    {
        var now = _workshop.Clock.Now.ToUnixTimeSeconds();
        Assert.Equal(expected, await _workshop.Outcome(_workshop.Token(claims =>
        {
            (claims["iat"], claims["exp"]) = (now + issued, now + expires);
            if (notBefore is not null)
                claims["nbf"] = now + notBefore;
        })));
    }

    [Fact]
    public async Task A_user_id_is_one_that_the_rest_of_Laurel_takes()
    {
        Assert.Equal(ActivityRules.MaxIdLength, TrustedIssuer.MaxUserId);
        var longest = new string('u', ActivityRules.MaxIdLength - Provider.Prefix.Length);

        var (_, identity) = await _workshop.Verify(_workshop.Token(longest));
        Assert.True(ActivityRules.IsUserId(identity!.Subject));
        Assert.Equal(TokenOutcome.BadClaims, await _workshop.Outcome(_workshop.Token(longest + "u")));
    }

    [Fact]
    public async Task A_user_id_that_claims_another_prefix_or_an_account_stays_under_the_issuers_own()
    {
        foreach (var id in new[] { "other:ada", "0199b0d4-0000-7000-8000-000000000000", "laurel", "game:ada" })
            Assert.Equal($"game:{id}", (await _workshop.Verify(_workshop.Token(id))).Identity!.Subject);
    }

    [Fact]
    public async Task Laurels_own_keys_and_an_issuers_sign_for_themselves_alone()
    {
        var own = new ProviderLikeLaurel(_workshop.Clock.Now);

        // A token of Laurel's passes, and what an issuer signs in Laurel's name does not, whatever key it names.
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(TokenWorkshop.Forge(own.Header, own.Payload)));
        foreach (var kid in new[] { "r1", TokenWorkshop.Key.Kid })
        {
            var forged = Provider.Forge(TokenWorkshop.Head("RS256", "at+jwt", kid), own.Payload);
            Assert.Equal(kid == "r1" ? TokenOutcome.UnknownKey : TokenOutcome.BadSignature, await _workshop.Outcome(forged));
        }

        // Nor does Laurel's key sign for the issuer's players, nor an issuer's for those of another.
        var foreign = Provider.Claims(_workshop.Clock.Now).ToJsonString();
        Assert.Equal(TokenOutcome.UnknownKey, await _workshop.Outcome(TokenWorkshop.Forge(own.Header, foreign)));
        Assert.Equal(TokenOutcome.BadSignature, await _workshop.Outcome(TokenWorkshop.Forge(TokenWorkshop.Head("RS256", "at+jwt", "r1"), foreign)));
    }

    [Fact]
    public async Task Two_issuers_with_the_same_key_id_have_each_their_own_players()
    {
        await using var other = new KeyServerOfAnother();
        await using var workshop = new IssuerWorkshop(address: null, other.Settings);
        var token = workshop.Token(claims => claims["iss"] = other.Settings.Issuer, key: Provider.Stranger);

        Assert.Equal("other:ada", (await workshop.Verify(token)).Identity!.Subject);
        Assert.Equal("game:ada", (await workshop.Verify(workshop.Token())).Identity!.Subject);
        Assert.Equal(TokenOutcome.BadSignature, await workshop.Outcome(workshop.Token(claims => claims["iss"] = other.Settings.Issuer)));
        Assert.Equal(TokenOutcome.BadSignature, await workshop.Outcome(workshop.Token(key: Provider.Stranger)));
    }

    [Fact]
    public async Task A_remembered_token_expires_and_dies_with_its_key()
    {
        var token = _workshop.Token();
        var (_, first) = await _workshop.Verify(token);
        Assert.Same(first, (await _workshop.Verify(token)).Identity);

        _workshop.Publish(Provider.Rsa.As("renamed"), Provider.Ec);
        await _workshop.Second();
        Assert.Same(first, (await _workshop.Verify(token)).Identity);

        _workshop.Clock.Now += TimeSpan.FromSeconds(3629.9);
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(token));
        _workshop.Clock.Now += TimeSpan.FromSeconds(0.1);
        Assert.Equal(TokenOutcome.Expired, await _workshop.Outcome(token));

        var later = _workshop.Token(key: Provider.Ec);
        Assert.Equal(TokenOutcome.Valid, await _workshop.Outcome(later));
        // Another key takes its name, which changes nothing: it is another key.
        _workshop.Publish(Provider.Rsa, ProviderKey.Ec("e1"));
        await _workshop.Second();
        Assert.Equal(TokenOutcome.UnknownKey, await _workshop.Outcome(later));
    }

    [Fact]
    public async Task What_was_refused_is_not_remembered()
    {
        await _workshop.Outcome(_workshop.Token(key: Provider.Stranger));
        await _workshop.Outcome(_workshop.Token(claims => claims["aud"] = "other"));
        await _workshop.Outcome(_workshop.Token(claims => (claims["iat"], claims["exp"]) = (1, 2)));
        await _workshop.Outcome(_workshop.Token(null, header => header["kid"] = "invented"));

        Assert.Equal(0, _workshop.Verifier.Remembered.Count);
    }

    private sealed class ProviderLikeLaurel(DateTimeOffset now)
    {
        public string Header { get; } = TokenWorkshop.Head("RS256", "at+jwt", TokenWorkshop.Key.Kid);

        public string Payload { get; } =
            $$"""{"iss":"laurel","aud":"laurel","sub":"ada","iat":{{now.ToUnixTimeSeconds()}},"exp":{{now.ToUnixTimeSeconds() + 600}},"jti":"t1","sid":"s1","role":"USER"}""";
    }

    /// <summary>Another issuer, whose key has the same id as the provider's.</summary>
    private sealed class KeyServerOfAnother : IAsyncDisposable
    {
        private readonly Support.TemporaryFolder _folder = new();

        public KeyServerOfAnother()
        {
            File.WriteAllText(_folder["other.json"], Provider.Jwks(Provider.Stranger));
            Settings = new IssuerSettings
            {
                Issuer = "https://id.other.test", File = _folder["other.json"], Audience = Provider.Audience, UserIdClaim = "sub", Prefix = "other:",
            };
        }

        public IssuerSettings Settings { get; }

        public ValueTask DisposeAsync() => _folder.DisposeAsync();
    }
}

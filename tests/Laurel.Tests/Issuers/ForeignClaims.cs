using System.Text.Json.Nodes;
using Laurel.Events.Activities;
using Laurel.Platform.Issuers;
using Laurel.Platform.Tokens;

namespace Laurel.Tests.Issuers;

/// <summary>What a trusted issuer's token is believed. All are properly signed.</summary>
public sealed class ForeignClaims : IAsyncDisposable
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
}

using Laurel.Platform.Issuers;
using Laurel.Platform.Tokens;
using Laurel.Tests.Platform.Tokens;
using Laurel.Tests.Support;

namespace Laurel.Tests.Issuers;

/// <summary>Laurel's own tokens and those of its trusted issuers beside one another, and remembered together.</summary>
public sealed class ForeignAndOwn : IAsyncDisposable
{
    private readonly IssuerWorkshop _workshop = new();

    public ValueTask DisposeAsync() => _workshop.DisposeAsync();

    [Fact]
    public async Task Laurels_own_keys_and_an_issuers_sign_for_themselves_alone()
    {
        var own = new LaurelsOwn(_workshop.Clock.Now);

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
        await using var other = new AnotherProvider();
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

    private sealed class LaurelsOwn(DateTimeOffset now)
    {
        public string Header { get; } = TokenWorkshop.Head("RS256", "at+jwt", TokenWorkshop.Key.Kid);

        public string Payload { get; } =
            $$"""{"iss":"laurel","aud":"laurel","sub":"ada","iat":{{now.ToUnixTimeSeconds()}},"exp":{{now.ToUnixTimeSeconds() + 600}},"jti":"t1","sid":"s1","role":"USER"}""";
    }

    /// <summary>Another issuer, whose key has the same id as the provider's.</summary>
    private sealed class AnotherProvider : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public AnotherProvider()
        {
            File.WriteAllText(_folder["other.json"], Provider.Jwks(Provider.Stranger));
            Settings = new IssuerSettings
            {
                Issuer = "https://id.other.test",
                File = _folder["other.json"],
                Audience = Provider.Audience,
                UserIdClaim = "sub",
                Prefix = "other:",
            };
        }

        public IssuerSettings Settings { get; }

        public ValueTask DisposeAsync() => _folder.DisposeAsync();
    }
}

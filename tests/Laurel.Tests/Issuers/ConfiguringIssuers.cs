using Laurel.Platform;
using Laurel.Platform.Issuers;
using Microsoft.Extensions.Configuration;

namespace Laurel.Tests.Issuers;

public sealed class ConfiguringIssuers
{
    private static readonly (string Name, string Value)[] Good =
    [
        ("0:Issuer", "https://id.game.test"), ("0:Jwks", "https://id.game.test/jwks.json"), ("0:Audience", "laurel"), ("0:Prefix", "game:"),
    ];

    private static readonly (string Name, string Value)[] Other =
    [
        ("1:Issuer", "https://id.other.test"), ("1:Jwks", "keys/other.json"), ("1:Audience", "laurel"), ("1:Prefix", "other."), ("1:UserIdClaim", "user_id"),
    ];

    [Fact]
    public void Issuers_are_read_as_they_stand()
    {
        var issuers = Read([.. Good, .. Other]);

        Assert.Equal(new Uri("https://id.game.test/jwks.json"), issuers[0].Address);
        Assert.Null(issuers[0].File);
        Assert.Equal("sub", issuers[0].UserIdClaim);
        Assert.Null(issuers[1].Address);
        Assert.Equal(Path.GetFullPath("keys/other.json"), issuers[1].File);
        Assert.Equal("user_id", issuers[1].UserIdClaim);
        Assert.Empty(Read());
    }

    [Theory]
    [InlineData("Issuer", "", "missing")]
    [InlineData("Jwks", "", "missing")]
    [InlineData("Audience", " ", "missing")]
    [InlineData("Prefix", "", "missing")]
    [InlineData("Issuer", "laurel", "Laurel's own")]
    [InlineData("Issuer", "LAUREL", "Laurel's own")]
    [InlineData("Jwks", "ftp://id.game.test/jwks.json", "address")]
    [InlineData("Jwks", "file:///etc/keys.json", "address")]
    [InlineData("Prefix", "game", "end with one of")]
    [InlineData("Prefix", "game-", "end with one of")]
    [InlineData("Prefix", "0199b0d4-", "end with one of")]
    [InlineData("Prefix", "{", "end with one of")]
    [InlineData("Prefix", "game: ", "end with one of")]
    [InlineData("Prefix", "a game:", "visible ASCII")]
    [InlineData("Prefix", "게임:", "visible ASCII")]
    [InlineData("Prefix", "a23456789b123456789c123456789d12:", "1 to 32")]
    public void One_that_cannot_be_trusted_so_is_refused(string name, string value, string reason)
    {
        var message = Refused([.. Good.Where(setting => setting.Name != $"0:{name}"), ($"0:{name}", value)]);

        Assert.StartsWith($"The setting Laurel__Issuers__0__{name} ", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("game:")]
    [InlineData("game:eu:")]
    [InlineData("game:.")]
    public void No_issuer_can_name_anothers_players(string prefix)
    {
        var others = Other.Where(setting => setting.Name != "1:Prefix").Append(("1:Prefix", prefix));

        Assert.Contains("neither may begin with the other", Refused([.. Good, .. others]), StringComparison.Ordinal);
        Assert.Contains("neither may begin with the other", Refused([.. Swapped(Good, "1"), .. Swapped(others, "0")]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Game:")]
    [InlineData("gamer:")]
    [InlineData("a23456789b123456789c123456789d1:")]
    [InlineData("_")]
    [InlineData("x|")]
    public void Prefixes_that_differ_are_fine(string prefix)
    {
        Assert.Equal(prefix, Read([.. Good, .. Other.Where(setting => setting.Name != "1:Prefix"), ("1:Prefix", prefix)])[1].Prefix);
    }

    [Fact]
    public void An_issuer_is_named_once()
    {
        Assert.Contains("already", Refused([.. Good, .. Other.Where(setting => setting.Name != "1:Issuer"), ("1:Issuer", "https://id.game.test")]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Laurel__Issuers__0__Issuer", true)]
    [InlineData("Laurel__Issuers__17__Prefix", true)]
    [InlineData("laurel__issuers__0__useridclaim", true)]
    [InlineData("Laurel__TrustedProxies__3", true)]
    [InlineData("Laurel__Issuers__0__Isuer", false)]
    [InlineData("Laurel__Issuers__0", false)]
    [InlineData("Laurel__Issuers__Issuer", false)]
    [InlineData("Laurel__Issuers__x__Issuer", false)]
    [InlineData("Laurel__Issuers__-1__Issuer", false)]
    [InlineData("Laurel__Issuers__0__Issuer__0", false)]
    [InlineData("Laurel__TrustedProxies__", false)]
    [InlineData("Laurel__TrustedProxies__3__4", false)]
    [InlineData("Laurel__TrustedProxies", false)]
    public void Lists_of_settings_are_known_by_any_number(string name, bool known)
    {
        var configuration = Configuration((name.Replace("__", ":", StringComparison.Ordinal), "anything"));

        if (known)
            KnownSettings.Check(configuration);
        else
            Assert.Contains(name, Assert.Throws<StartupException>(() => KnownSettings.Check(configuration)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Name, string Value)> Swapped(IEnumerable<(string Name, string Value)> settings, string index) =>
        settings.Select(setting => (index + setting.Name[1..], setting.Value));

    private static string Refused(params (string Name, string Value)[] settings) => Assert.Throws<StartupException>(() => Read(settings)).Message;

    private static IReadOnlyList<IssuerSettings> Read(params (string Name, string Value)[] settings) =>
        IssuerSettings.Read(Configuration([.. settings.Select(setting => ($"Laurel:Issuers:{setting.Name}", setting.Value))]));

    private static IConfigurationRoot Configuration(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
}

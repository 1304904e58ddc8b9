using Laurel.Gateway;
using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace Laurel.Tests.Gateway;

/// <summary>Services that the gateway's own settings name.</summary>
public sealed class ServicesOfTheConfiguration(TestPostgres postgres)
{
    [Fact]
    public async Task A_service_at_fixed_addresses_is_reached_and_nobody_registers_in_its_place()
    {
        await using var behind = await Behind.Start();
        await using var another = await Behind.Start();
        another.Answers = context => throw new InvalidOperationException($"{context.Request.Path} is not its own.");
        await using var app = new LaurelApp(postgres);
        app.Settings["Laurel:Gateway:Services:0:Name"] = "guilds";
        app.Settings["Laurel:Gateway:Services:0:Prefix"] = "/guilds";
        app.Settings["Laurel:Gateway:Services:0:Addresses"] = $"{behind.Address}; http://127.0.0.1:1";
        app.Settings["Laurel:Gateway:Services:0:IdentityHeaders"] = "true";
        app.Settings["Laurel:Gateway:Services:0:PassesToken"] = "true";
        await app.InitializeAsync();
        var player = Playing.NewPerson();
        await Eventually.True(async () => (await Raw(app, "/guilds/mine", app.PersonToken(player))).Status == 200);
        Assert.Equal(($"{player}", "USER"), (behind.Asked.Last()["X-User-Id"], behind.Asked.Last()["X-User-Role"]));
        // Nobody has registered who could have been given a key.
        Assert.False(behind.Asked.Last().ContainsKey("X-User-Signature"));
        Assert.True(behind.Asked.Last().ContainsKey("Authorization"));
        (await Raw(app, "/guilds/mine", null)).Refused(401, "unauthenticated");
        // Nothing says who else may come.
        (await Raw(app, "/guilds/mine", app.ServiceToken(Scopes.PointsWrite))).Refused(403, "forbidden");

        foreach (var (name, prefix) in new[] { ("guilds", "/elsewhere"), ("thief", "/guilds/mine") })
            await Registers(app, name, new { another.Address, prefix });
        // What registers after them is known after them.
        await Registers(app, "honest", new { behind.Address, prefix = "/honest" });
        await Eventually.True(async () => (await Raw(app, "/honest", app.PersonToken(player))).Status == 200);
        (await Raw(app, "/guilds/mine", app.PersonToken(player))).Is(200);
        (await Raw(app, "/elsewhere", app.PersonToken(player))).Refused(404, "not_found");
        Assert.Empty(another.Asked);
    }

    [Theory]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "guilds", "/else", "http://10.0.0.7", "twice")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "else", "/guilds/mine", "http://10.0.0.7", "also 'guilds's")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "else", "/guilds", "http://10.0.0.7", "also ")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "", "/else", "http://10.0.0.7", "needs a name")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "Guilds", "/else", "http://10.0.0.7", "needs a name")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "my guilds", "/else", "http://10.0.0.7", "needs a name")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "events", "/else", "http://10.0.0.7", "needs a name")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "else", "/v1/else", "http://10.0.0.7", "Laurel's own")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "else", "/else", "", "no address")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "else", "/else", "http://169.254.169.254", "no address")]
    [InlineData("guilds", "/guilds", "http://10.0.0.7", "else", "/else", "http://shop:80; http://Shop:80", "of 'else' twice")]
    public void Settings_that_cannot_be_are_told_at_the_start(string name, string prefix, string addresses, string otherName, string otherPrefix, string otherAddresses, string because)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Laurel:Gateway:Services:0:Name"] = name,
            ["Laurel:Gateway:Services:0:Prefix"] = prefix,
            ["Laurel:Gateway:Services:0:Addresses"] = addresses,
            ["Laurel:Gateway:Services:1:Name"] = otherName,
            ["Laurel:Gateway:Services:1:Prefix"] = otherPrefix,
            ["Laurel:Gateway:Services:1:Addresses"] = otherAddresses,
        }).Build();
        Assert.Contains(because, Assert.Throws<StartupException>(() => GatewayOptions.Read(settings)).Message, StringComparison.Ordinal);
    }

    private static async Task Registers(LaurelApp app, string name, object instance) =>
        (await app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister)).Put($"/v1/services/{name}/instances", instance)).Is(200);

    /// <summary>By a client that does not know Laurel's documents: these routes stand in none of them.</summary>
    private static async Task<Answer> Raw(LaurelApp app, string path, string? token)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, token).Send(HttpMethod.Get, path);
    }
}

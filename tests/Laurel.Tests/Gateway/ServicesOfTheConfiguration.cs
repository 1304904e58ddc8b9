using Laurel.Platform.Access;
using Laurel.Tests.Support;

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
        await app.InitializeAsync();
        var player = Playing.NewPerson();
        await Eventually.True(async () => (await Raw(app, "/guilds/mine", app.PersonToken(player))).Status == 200);
        Assert.Equal(($"{player}", "USER"), (behind.Asked.Last()["X-User-Id"], behind.Asked.Last()["X-User-Role"]));
        // Nobody has registered who could have been given a key.
        Assert.False(behind.Asked.Last().ContainsKey("X-User-Signature"));
        (await Raw(app, "/guilds/mine", null)).Refused(401, "unauthenticated");
        // Nothing says who else may come.
        (await Raw(app, "/guilds/mine", app.ServiceToken(Scopes.PointsWrite))).Refused(403, "forbidden");

        foreach (var (name, prefix) in new[] { ("guilds", "/elsewhere"), ("thief", "/guilds"), ("below", "/guilds/mine") })
            await Registers(app, name, new { another.Address, prefix });
        // What registers after them is known after them.
        await Registers(app, "honest", new { behind.Address, prefix = "/honest" });
        await Eventually.True(async () => (await Raw(app, "/honest", app.PersonToken(player))).Status == 200);
        (await Raw(app, "/guilds/mine", app.PersonToken(player))).Is(200);
        (await Raw(app, "/elsewhere", app.PersonToken(player))).Refused(404, "not_found");
        Assert.Empty(another.Asked);
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

using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>Roles stand together in processes as one likes; whoever is elsewhere is found.</summary>
public sealed class AnyCombination(TestPostgres postgres)
{
    [Theory]
    [InlineData("auth", "gateway,events,worker")]
    [InlineData("gateway,auth", "events,worker", "gateway")]
    [InlineData("gateway,auth", "gateway,events", "worker")]
    [InlineData("gateway,auth,events", "worker", "gateway")]
    public async Task Each_gateway_serves_all_of_Laurel_and_logins_are_counted(params string[] processes)
    {
        await using var app = new LaurelApp(postgres) { Processes = [.. processes.Select(RolesText.Parse)] };
        // Each gateway is ready, and its paths of auth and of events are answered.
        await app.InitializeAsync();
        var me = new { email = $"{Playing.NewPerson():N}@example.com", password = "a lighthouse at dusk", nickname = "Ada" };
        (await app.Anonymous.Post("/v1/auth/signup", me)).Is(201);
        (await app.Anonymous.Post("/v1/auth/login?useCookies=true", new { me.email, me.password })).Is(204);
        Assert.Equal(1, await app.LoginsCounted());
    }
}

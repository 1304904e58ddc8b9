using System.Text.Json.Nodes;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Client;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>The sample service registers itself and sees the verified user, and nobody gets around the gateway.</summary>
public sealed class AServiceOfYourOwn(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Me = "/leaderboards/me";

    private readonly Guid _player = Playing.NewPerson();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_registers_itself_sees_who_calls_and_is_gone_when_it_goes()
    {
        var account = await app.NewGameServer(Scopes.ServicesRegister);
        await using (var service = Leaderboards.Start(account))
        {
            await Eventually.True(async () => (await ThroughTheGateway(HttpMethod.Get, Me, Player())).Status == 200);
            await service.Says("Reached at /leaderboards of the gateway");
            await ItSeesWhoTheTokenNames();
            await ItsRolesAreKeptBeforeItIsAsked(service);
            await NobodyGetsAround(service);
            await service.Kill();
        }

        await WhoFallsSilentDisappears();
        await using var first = Leaderboards.Start(account);
        await using var second = Leaderboards.Start(account);
        await BothAreReached();
        await OneOfTwoGoesAndNoRequestIsLost(first);
    }

    [Fact]
    public async Task A_wrong_secret_is_told_clearly_and_it_serves_on()
    {
        var account = await app.NewGameServer(Scopes.ServicesRegister);
        await using var service = Leaderboards.Start(new LaurelClientOptions { Address = account.Address, ClientId = account.ClientId, ClientSecret = "guessed" });
        await service.Says("POST /v1/auth/token was answered with 401 invalid_client");
        using var http = new HttpClient { BaseAddress = service.Address };
        using var health = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation);
        Assert.Equal(503, (int)health.StatusCode);
    }

    private async Task ItSeesWhoTheTokenNames()
    {
        (string, string)[] forged =
        [
            ("X-User-Id", $"{Playing.NewPerson()}"), ("x_user_id", "somebody"), ("X-User-Role", "ADMIN"), ("X-USER.ROLE", "ADMIN"), ("X-User-Signature", "0.forged"),
        ];
        var seen = (await ThroughTheGateway(HttpMethod.Get, Me, Player(), forged)).Is(200);
        Assert.Equal(($"{_player}", "USER"), (seen.Field("userId"), seen.Field("role")));
    }

    private async Task ItsRolesAreKeptBeforeItIsAsked(Leaderboards service)
    {
        var score = $"/leaderboards/scores/{_player}/120";
        (await ThroughTheGateway(HttpMethod.Get, Me, null)).Refused(401, "unauthenticated");
        (await ThroughTheGateway(HttpMethod.Get, Me, "invented")).Refused(401, "invalid_token");
        // In Laurel's words: it has not come to the service, whose refusals have none.
        (await ThroughTheGateway(HttpMethod.Put, score, Player())).Refused(403, "forbidden");
        (await ThroughTheGateway(HttpMethod.Get, Me, app.PersonToken(Playing.NewPerson(), Role.Auditor))).Refused(403, "forbidden");
        (await ThroughTheGateway(HttpMethod.Get, "/leaderboards/else", Player())).Refused(404, "not_found");
        (await ThroughTheGateway(HttpMethod.Put, score, app.PersonToken(Playing.NewPerson(), Role.Operator))).Is(204);
        Assert.Equal("120", (await ThroughTheGateway(HttpMethod.Get, Me, Player())).Field("score"));
        Assert.DoesNotContain("Unhandled", service.Said, StringComparison.Ordinal);
    }

    /// <summary>Whoever can reach the service itself, and says who they are, is nobody.</summary>
    private async Task NobodyGetsAround(Leaderboards service)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        foreach (var signature in new[] { null, "", ".", $"{now}.", $"{now}.AAAA", $"{now}.{new string('A', 43)}", "nonsense", $"{long.MaxValue}.AAAA" })
        {
            (string, string)[] forged = [("X-User-Id", $"{_player}"), ("X-User-Role", "USER"), .. signature is null ? [] : new[] { ("X-User-Signature", signature) }];
            (await Raw(service.Address, HttpMethod.Get, Me, Player(), forged)).Is(401);
        }
    }

    private async Task WhoFallsSilentDisappears()
    {
        // What 15 seconds do: nobody renews it any more.
        Assert.Equal(1, await app.Database.Execute("UPDATE service_instances SET expires_at = expires_at - interval '15 s' WHERE name = 'leaderboards'", [], Cancellation));
        await Eventually.True(async () => (await ThroughTheGateway(HttpMethod.Get, Me, Player())).Status == 404);
        Assert.Equal(0, await Processes());
    }

    /// <summary>What one of them is told only this one knows.</summary>
    private async Task BothAreReached()
    {
        await Eventually.True(async () => (await ThroughTheGateway(HttpMethod.Put, $"/leaderboards/scores/{_player}/7", app.PersonToken(Playing.NewPerson(), Role.Operator))).Status == 204);
        var seen = new HashSet<string>();
        await Eventually.True(async () =>
        {
            var answer = await ThroughTheGateway(HttpMethod.Get, Me, Player());
            if (answer.Status == 200)
                seen.Add(answer.Field("score"));
            return seen.SetEquals(["0", "7"]);
        });
    }

    private async Task OneOfTwoGoesAndNoRequestIsLost(Leaderboards service)
    {
        var going = service.Terminate();
        while (!going.IsCompleted)
            (await ThroughTheGateway(HttpMethod.Get, Me, Player())).Is(200);
        await going;
        // It has said so itself, and did not have to be missed.
        Assert.Equal(1, await Processes());
    }

    private async Task<int> Processes() => ((await app.Somebody(Role.Admin).Get("/v1/services")).Is(200).Json["items"]!.AsArray()
        .Single(service => (string)service!["name"]! == "leaderboards")!["instances"] as JsonArray)!.Count;

    private string Player() => app.PersonToken(_player);

    private Task<Answer> ThroughTheGateway(HttpMethod method, string path, string? token, params (string, string)[] headers) => Raw(app.Address, method, path, token, headers);

    /// <summary>By a client that does not know Laurel's documents: these routes stand in none of them.</summary>
    private static async Task<Answer> Raw(Uri address, HttpMethod method, string path, string? token, params (string, string)[] headers)
    {
        using var http = new HttpClient { BaseAddress = address };
        return await new Api(http, token).Send(method, path, null, headers);
    }
}

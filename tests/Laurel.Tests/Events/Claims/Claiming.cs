using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Claims;

public sealed class Claiming(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task Points_that_were_earned_are_paid_once()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var @event = await @operator.Runs(app.Draft(Goal.Count("kill", 2)));
        var player = await app.SignedIn();
        var me = player.Account.Id.Value.ToString();

        await app.GameServer().Reports(Playing.Did(me, "kill", app.Clock.GetUtcNow()));
        var early = (await player.Api.Post($"/v1/events/{@event}/claims", new { })).Refused(422, "condition_not_met");
        Assert.Equal(1, (int)early.Json["missing"]![0]!["missing"]!);

        await app.GameServer().Reports(Playing.Did(me, "kill", app.Clock.GetUtcNow()));
        var claimed = (await player.Api.Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!;
        Assert.Equal("completed", (string)claimed["status"]!);
        var again = (await player.Api.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "already_claimed");
        Assert.Equal((string)claimed["id"]!, (string)again.Json["claim"]!["id"]!);
        Assert.Equal(10, (int)(await player.Api.Get("/v1/me/points")).Is(200).Json["balance"]!);
        Assert.Equal(10, (int)(await player.Api.Get("/v1/me/points/entries")).Is(200).Json["items"]![0]!["amount"]!);
        var offer = (await player.Api.Get($"/v1/me/progress/{@event}")).Is(200).Json["offers"]![0]!;
        Assert.Equal((string)claimed["id"]!, (string)offer["claim"]!["id"]!);
        Assert.False((bool)offer["claimable"]!);
    }
}

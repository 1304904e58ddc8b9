using Laurel.Platform.Access;
using Laurel.Tests.Events.Deliveries;
using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>S1: two conditions that must both hold, an operator who approves, a game that calls back, and one that forgot to.</summary>
public sealed class ApprovedAndHandedOver(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    private Person _olivia = null!;
    private Api _server = null!;
    private string _event = "";
    private string _reward = "";

    private LaurelApp App => game.App;

    [Fact]
    public async Task What_an_operator_approves_the_game_hands_over_once_though_it_forgets_to_say_so()
    {
        App.ItIsNoon();
        _olivia = await Person.IsMade(App, "olivia", Role.Operator);
        _server = await App.Game(Scopes.ActivitiesWrite);
        await OliviaRunsAnEventOfTwoConditions();
        var (bora, chan, dana) = (await Comes("bora"), await Comes("chan"), await Comes("dana"));

        await OneConditionIsNotEnough(bora);
        await TheSameFriendTwiceIsOneFriend(bora);
        var boras = await EarnsAndClaims(bora);
        await NobodyButAnOperatorApproves(bora, boras);
        await OliviaApproves(boras);
        await TheGameCallsBack(boras);

        var chans = await EarnsAndClaims(chan);
        var danas = await EarnsAndClaims(dana);
        await TheRewardIsAnotherByNow();
        await OliviaApproves(chans);
        await TheGameForgetsAndIsToldAgain(chans);

        await OliviaRejects(dana, danas);
    }

    private async Task OliviaRunsAnEventOfTwoConditions()
    {
        (await _olivia.Api.Post("/v1/events", App.FromToday(7, Goal.All(Goal.Attendance(1), Goal.Attendance(1))))).Refused(422, "rule_broken");
        _reward = await _olivia.Api.CreatesReward(new { type = "item", itemId = "sword", name = "Sword", quantity = 1 });
        _event = await _olivia.Api.Runs(App.FromToday(7, Goal.All(Goal.Attendance(1), Goal.Distinct("friend_invite", "friendId", 2))) with
        {
            Offers = [new { rewardId = _reward, requiresApproval = true }],
        });
    }

    private async Task<Person> Comes(string name)
    {
        var somebody = await Person.SignsUp(App, name);
        await somebody.LogsIn();
        (await somebody.Api.Post("/v1/me/check-ins")).Is(200);
        return somebody;
    }

    private async Task OneConditionIsNotEnough(Person player)
    {
        var missing = Assert.Single((await player.Claims(_event)).Refused(422, "condition_not_met").Json["missing"]!.AsArray())!;
        Assert.Equal(("condition.of[1]", 2), ((string)missing["path"]!, (int)missing["missing"]!));
    }

    private async Task TheSameFriendTwiceIsOneFriend(Person player)
    {
        await Invites(player, "eva");
        await Invites(player, "eva");
        var missing = (await player.Claims(_event)).Refused(422, "condition_not_met").Json["missing"]![0]!;
        Assert.Equal(1, (int)missing["missing"]!);
    }

    private async Task<string> EarnsAndClaims(Person player)
    {
        await Invites(player, "eva");
        await Invites(player, "finn");
        var claim = (await player.Claims(_event)).Is(201).Json["claims"]![0]!;
        Assert.Equal("pending", (string)claim["status"]!);
        return (string)claim["id"]!;
    }

    private async Task NobodyButAnOperatorApproves(Person player, string claim)
    {
        (await player.Claims(_event)).Refused(409, "approval_pending");
        (await player.Api.Post($"/v1/claims/{claim}/approve")).Refused(403, "forbidden");
        (await player.Api.Get($"/v1/me/claims/{claim}")).Is(200);
        Assert.Empty(game.Endpoint.About(claim));
    }

    private async Task OliviaApproves(string claim)
    {
        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 202);
        Assert.Contains(claim, (await _olivia.Api.Get($"/v1/claims?status=pending&eventId={_event}")).Is(200).Text, StringComparison.Ordinal);
        (await _olivia.Api.Post($"/v1/claims/{claim}/approve", new { reason = "Well played" })).Is(200);
        (await _olivia.Api.Post($"/v1/claims/{claim}/approve")).Refused(409, "already_decided");
        await game.IsTold(claim, 1);
        await App.DeliveryBecomes(claim, "accepted");
        Assert.Equal("processing", await _olivia.Api.StatusOf(claim));
    }

    private async Task TheGameCallsBack(string claim)
    {
        (await game.CallsBack(game.Endpoint.About(claim)[0].Id, new { outcome = "ack" })).Is(200);
        Assert.Equal("completed", await _olivia.Api.StatusOf(claim));
    }

    /// <summary>Who has claimed before gets what was promised then.</summary>
    private async Task TheRewardIsAnotherByNow() =>
        (await _olivia.Api.Patches($"/v1/rewards/{_reward}", new { contents = new[] { new { type = "item", itemId = "stick", name = "Stick", quantity = 1 } } })).Is(200);

    private async Task TheGameForgetsAndIsToldAgain(string claim)
    {
        var stuck = (await _olivia.Api.Get($"/v1/deliveries?status=accepted&eventId={_event}")).Is(200).Json["items"]!.AsArray();
        Assert.Equal(claim, (string)Assert.Single(stuck)!["claimId"]!);

        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 204);
        await game.GoesOn(claim);
        await _olivia.LogsIn();
        await Eventually.True(async () => await _olivia.Api.StatusOf(claim) == "completed");
        Assert.Equal(2, game.Endpoint.About(claim).Count);
        Assert.Single(game.Endpoint.About(claim).Select(message => message.Id).Distinct());
        Assert.All(game.Endpoint.About(claim), message => Assert.Equal("sword", (string)message.Json["data"]!["contents"]![0]!["itemId"]!));
    }

    private async Task OliviaRejects(Person player, string claim)
    {
        await player.LogsIn();
        (await _olivia.Api.Post($"/v1/claims/{claim}/reject", new { reason = "Both friends are you" })).Is(200);
        Assert.Equal("Both friends are you", (await player.Api.Get($"/v1/me/claims/{claim}")).Is(200).Field("reason"));
        (await player.Claims(_event)).Refused(409, "claim_rejected");
        Assert.Empty(game.Endpoint.About(claim));
    }

    private async Task Invites(Person player, string friend) =>
        Assert.Equal(["accepted"], (await _server.Reports(Playing.Did(player.Id, "friend_invite", App.Clock.GetUtcNow(), attributes: new { friendId = friend }))).Outcomes());
}

using System.Text.Json.Nodes;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Tests.Client;
using Laurel.Tests.Events.Coupons;
using Laurel.Tests.Gateway;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Stories;

/// <summary>S4: an event gives several rewards, which are claimed one by one, or all that is left at once; a service of the company's own stands behind the same door.</summary>
public sealed class ChoosingRewards(LaurelApp app) : IClassFixture<LaurelApp>
{
    private Person _olivia = null!;
    private Person _jin = null!;
    private string _event = "";
    private string _later = "";
    private Dictionary<string, string> _offers = [];

    [Fact]
    public async Task One_reward_is_chosen_of_several_and_the_rest_comes_at_once()
    {
        app.ItIsNoon();
        _olivia = await Person.IsMade(app, "olivia", Role.Operator);
        _jin = await Person.SignsUp(app, "jin");
        await _jin.LogsIn();
        await OliviaOffersPointsItemAndCoupon();
        await OnlyWhoTheTokenNamesIsMeant();
        await TheCompanysGuildsStandBehindTheSameDoor();

        await JinIsTooEarly();
        await JinClearsTheQuest();
        await HeChoosesTheItem();
        await ThenAllTheRestAtOnce();
        await ThereIsNothingLeft();

        await TheGameHandsTheItemOver();
        await HisHistoryIsFilteredAndStaffsToo();
        await WhatIsOverGivesNothing();
    }

    private async Task OliviaOffersPointsItemAndCoupon()
    {
        var points = await _olivia.Api.CreatesReward(new { type = "points", amount = 70 });
        var item = await _olivia.Api.CreatesReward(new { type = "item", itemId = "shield", name = "Shield", quantity = 1 });
        var coupon = await _olivia.Api.CreatesReward(Pools.Of("autumn"));
        (await _olivia.Api.Uploads(coupon, "AUTUMN-1\nAUTUMN-2\n")).Is(200);
        var draft = app.FromToday(7, Goal.Quest("dragon"));
        _event = await _olivia.Api.Runs(draft with { Offers = [new { rewardId = points }, new { rewardId = item }, new { rewardId = coupon }] });
        _later = await _olivia.Api.Runs(draft with { StartsAt = draft.StartsAt.AddDays(1), Offers = [new { rewardId = points }] });
        _offers = (await _jin.Api.Get($"/v1/events/{_event}")).Is(200).Json["offers"]!.AsArray()
            .ToDictionary(offer => (string)offer!["contents"]![0]!["type"]!, offer => (string)offer!["id"]!);
    }

    /// <summary>Headers in which a client says who it is change nothing.</summary>
    private async Task OnlyWhoTheTokenNamesIsMeant()
    {
        (string, string)[] forged = [("X-User-Id", _olivia.Id), ("X-User-Role", "ADMIN"), ("X-User-Roles", "ADMIN,OPERATOR")];
        (await app.Anonymous.Send(HttpMethod.Get, "/v1/me", null, forged)).Refused(401, "unauthenticated");
        Assert.Equal(_jin.Id, (await _jin.Api.Send(HttpMethod.Get, "/v1/me", null, forged)).Is(200).Field("id"));
        (await _jin.Api.Send(HttpMethod.Get, "/v1/claims", null, forged)).Refused(403, "forbidden");
    }

    /// <summary>A service of the company's own registers itself, is told who calls, and is gone when it goes.</summary>
    private async Task TheCompanysGuildsStandBehindTheSameDoor()
    {
        await using var guilds = await Behind.Start();
        await using var laurel = new LaurelClient((await app.NewGameServer(Scopes.ServicesRegister)).Through(new Obstacle((_, send) => send()), time: app.Clock));
        await using var registration = new ServiceRegistration(laurel, new ServiceOptions
        {
            Name = "guilds",
            Prefix = "/guilds",
            Address = new Uri(guilds.Address),
            Routes = [new ServiceRoute("GET", "/guilds/mine", "USER"), new ServiceRoute("DELETE", "/guilds/{id}", "OPERATOR")],
            DrainFor = TimeSpan.Zero,
        });
        guilds.Answers = context => context.Response.WriteAsync($"{registration.User(name => context.Request.Headers[name])}");
        registration.Start();
        var audrey = (await app.SignedIn(Role.Auditor)).Api;
        await Eventually.True(async () => (await Guilds(HttpMethod.Get, "/guilds/mine", audrey)).Status == 403);
        var seen = await Guilds(HttpMethod.Get, "/guilds/mine", _jin.Api, ("X-User-Id", _olivia.Id), ("X-User-Role", "ADMIN"));
        Assert.Equal($"{new VerifiedUser(_jin.Id, "USER")}", seen.Is(200).Text);
        (await Guilds(HttpMethod.Get, "/guilds/mine", app.Anonymous)).Refused(401, "unauthenticated");
        (await Guilds(HttpMethod.Delete, "/guilds/7", _jin.Api)).Refused(403, "forbidden");
        Assert.Equal($"{new VerifiedUser(_olivia.Id, "OPERATOR")}", (await Guilds(HttpMethod.Delete, "/guilds/7", _olivia.Api)).Is(200).Text);
        Assert.Equal(2, guilds.Asked.Count);

        await registration.Stop();
        await Eventually.True(async () => (await Guilds(HttpMethod.Get, "/guilds/mine", _jin.Api)).Status == 404);
    }

    private async Task JinIsTooEarly()
    {
        (await _jin.Claims(_event, _offers["item"])).Refused(422, "condition_not_met");
        (await _jin.Claims(_later)).Refused(409, "event_not_running");
        (await _jin.Claims(_later, _offers["item"])).Refused(404, "not_found");
    }

    private async Task JinClearsTheQuest()
    {
        var game = await app.Game(Scopes.ActivitiesWrite);
        var cleared = Playing.Did(_jin.Id, "quest_clear", app.Clock.GetUtcNow(), id: "clear-1", attributes: new { questId = "dragon" });
        Assert.Equal(["accepted"], (await game.Reports(cleared)).Outcomes());
        Assert.Equal(["duplicate"], (await game.Reports(cleared)).Outcomes());
        Assert.All((await _jin.Api.Progress(_event))["offers"]!.AsArray(), offer => Assert.True((bool)offer!["claimable"]!));
    }

    private async Task HeChoosesTheItem()
    {
        var claim = Assert.Single((await _jin.Claims(_event, _offers["item"])).Is(201).Json["claims"]!.AsArray())!;
        Assert.Equal("processing", (string)claim["status"]!);
        (await _jin.Claims(_event, _offers["item"])).Refused(409, "already_claimed");
    }

    private async Task ThenAllTheRestAtOnce()
    {
        var answer = (await _jin.Claims(_event)).Is(201).Json;
        var rest = answer["claims"]!.AsArray().ToDictionary(claim => (string)claim!["offerId"]!);
        Assert.Equal([_offers["points"], _offers["coupon"]], rest.Keys);
        Assert.Equal("AUTUMN-1", (string)rest[_offers["coupon"]]!["contents"]![0]!["code"]!);
        Assert.Equal((_offers["item"], "already_claimed"), ((string)answer["refused"]![0]!["offerId"]!, (string)answer["refused"]![0]!["code"]!));
        Assert.Equal(70, await _jin.Points());
    }

    private async Task ThereIsNothingLeft()
    {
        (await _jin.Claims(_event)).Refused(409, "already_claimed");
        Assert.All((await _jin.Api.Progress(_event))["offers"]!.AsArray(), offer => Assert.False((bool)offer!["claimable"]!));
        Assert.Equal(70, await _jin.Points());
    }

    private async Task TheGameHandsTheItemOver()
    {
        var game = await app.Game(Scopes.DeliveriesWrite);
        foreach (var handed in (await game.Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray())
            (await game.Post($"/v1/deliveries/{handed!["id"]}/ack", new { lease = (string)handed["lease"]! })).Is(200);
        Assert.All(await Claims(_jin.Api, $"/v1/me/claims?eventId={_event}"), claim => Assert.Equal("completed", (string)claim["status"]!));
    }

    private async Task HisHistoryIsFilteredAndStaffsToo()
    {
        var audrey = (await Person.IsMade(app, "audrey", Role.Auditor)).Api;
        Assert.Equal(3, (await Claims(_jin.Api, $"/v1/me/claims?eventId={_event}&status=completed")).Count);
        Assert.Empty(await Claims(_jin.Api, $"/v1/me/claims?eventId={_later}"));
        Assert.Equal(3, (await Claims(audrey, $"/v1/claims?userId={_jin.Id}&status=completed")).Count);
        Assert.Single(await Claims(audrey, $"/v1/claims?userId={_jin.Id}&rewardType=item"));
    }

    private async Task WhatIsOverGivesNothing()
    {
        (await _olivia.Api.SwitchesOff(_event)).Is(200);
        var kim = await Person.SignsUp(app, "kim");
        await kim.LogsIn();
        (await kim.Claims(_event)).Refused(409, "event_not_running");
    }

    /// <summary>By a client that does not know Laurel's documents: these routes stand in none of them.</summary>
    private async Task<Answer> Guilds(HttpMethod method, string path, Api caller, params (string, string)[] headers)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, caller.Token).Send(method, path, null, headers);
    }

    private static async Task<IReadOnlyList<JsonNode>> Claims(Api reader, string list) =>
        [.. (await reader.Get(list)).Is(200).Json["items"]!.AsArray().Select(claim => claim!)];
}

using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Coupons;

/// <summary>A code goes to one user, who alone sees it.</summary>
public sealed class GivingCodes(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    [Fact]
    public async Task A_claim_shows_its_code_to_its_user_and_its_end_to_staff()
    {
        var (reward, @event, players) = await Offered(2);
        var codes = Pools.NewCodes(1);
        (await _operator.Uploads(reward, Pools.FileOf(codes))).Is(200);
        Assert.Equal(1, (int)(await players[0].Api.Progress(@event))["offers"]![0]!["stockLeft"]!);

        var claim = (await players[0].Api.Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!;
        Assert.Equal(codes[0], claim.Code());
        Assert.Equal(codes[0], (await players[0].Api.Get($"/v1/me/claims/{claim["id"]}")).Is(200).Json.Code());
        Assert.Equal(codes[0], (await players[0].Api.Get("/v1/me/claims")).Is(200).Json["items"]![0]!.Code());
        Assert.Equal($"****{codes[0][^4..]}", (await _operator.Get($"/v1/claims/{claim["id"]}")).Is(200).Json.Code());
        Assert.Equal($"****{codes[0][^4..]}", (await _operator.Get($"/v1/claims?eventId={@event}")).Is(200).Json["items"]![0]!.Code());

        (await players[1].Api.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "sold_out");
        var offer = (await players[1].Api.Progress(@event))["offers"]![0]!;
        Assert.Equal("0 False", $"{offer["stockLeft"]} {(bool)offer["claimable"]!}");
        Assert.Equal((1, 0, 1, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());

        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(1)))).Is(200);
        (await players[1].Api.Post($"/v1/events/{@event}/claims", new { })).Is(201);
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task Codes_that_expire_first_go_first_and_expired_ones_do_not_go()
    {
        var (reward, @event, players) = await Offered(4);
        var (never, late, soon) = (Pools.NewCodes(1)[0], Pools.NewCodes(1)[0], Pools.NewCodes(2));
        var (soonest, later) = (app.Clock.GetUtcNow().AddHours(1), app.Clock.GetUtcNow().AddDays(9));
        (await _operator.Uploads(reward, $"{never}\n{late},{later:O}\n{soon[0]},{soonest:O}\n{soon[1]},{soonest:O}\n")).Is(200);

        var claim = await Claimed(players[0], @event);
        Assert.Equal(soon[0], claim.Code());
        Assert.Equal(Time.ToMilliseconds(soonest), DateTimeOffset.Parse((string)claim["contents"]![0]!["expiresAt"]!));
        app.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal((4, 2, 1, 1), (await Staff().Get($"/v1/rewards/{reward}/coupons")).Counted());
        Assert.Equal(late, (await Claimed(players[1], @event)).Code());
        var last = await Claimed(players[2], @event);
        Assert.Equal(never, last.Code());
        Assert.Null(last["contents"]![0]!["expiresAt"]);
        (await players[3].Api.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "sold_out");
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task A_claim_that_waits_keeps_a_code_which_nobody_sees_and_a_rejected_one_gives_it_back()
    {
        var (reward, @event, players) = await Offered(3, requiresApproval: true);
        var codes = Pools.NewCodes(2);
        (await _operator.Uploads(reward, Pools.FileOf(codes))).Is(200);

        var (first, second) = (await Claimed(players[0], @event), await Claimed(players[1], @event));
        Assert.All(new[] { first, second }, claim => Assert.Equal(("pending", null), ((string)claim["status"]!, claim.Code())));
        Assert.Null((await players[0].Api.Get($"/v1/me/claims/{first["id"]}")).Is(200).Json.Code());
        Assert.Null((await _operator.Get($"/v1/claims/{first["id"]}")).Is(200).Json.Code());
        (await players[2].Api.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "sold_out");
        Assert.Equal((2, 0, 2, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());

        (await _operator.Post($"/v1/claims/{first["id"]}/reject", new { reason = "no" })).Is(200);
        Assert.Equal((2, 1, 1, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
        var third = await Claimed(players[2], @event);
        foreach (var (claim, player, code) in new[] { (second, players[1], codes[1]), (third, players[2], codes[0]) })
        {
            (await _operator.Post($"/v1/claims/{claim["id"]}/approve")).Is(200);
            Assert.Equal(code, (await player.Api.Get($"/v1/me/claims/{claim["id"]}")).Is(200).Json.Code());
        }

        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task A_code_that_expires_while_its_claim_waits_is_exchanged_for_one_that_has_not()
    {
        var (reward, @event, players) = await Offered(2, requiresApproval: true);
        var (soon, good) = (Pools.NewCodes(2), Pools.NewCodes(1));
        (await _operator.Uploads(reward, string.Concat(soon.Select(code => $"{code},{app.Clock.GetUtcNow().AddHours(1):O}\n")))).Is(200);
        var (first, second) = (await Claimed(players[0], @event), await Claimed(players[1], @event));
        app.Clock.Advance(TimeSpan.FromHours(2));

        (await Staff().Post($"/v1/claims/{first["id"]}/approve")).Refused(409, "coupons_expired");
        Assert.Equal("pending", await Staff().StatusOf($"{first["id"]}"));
        (await Staff().Uploads(reward, Pools.FileOf(good))).Is(200);
        (await Staff().Post($"/v1/claims/{first["id"]}/approve")).Is(200);
        Assert.Equal(good[0], (await players[0].Api.Get($"/v1/me/claims/{first["id"]}")).Is(200).Json.Code());
        (await Staff().Post($"/v1/claims/{second["id"]}/approve")).Refused(409, "coupons_expired");
        Assert.Equal((3, 0, 2, 1), (await Staff().Get($"/v1/rewards/{reward}/coupons")).Counted());
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task A_code_that_was_shown_is_given_to_nobody_else()
    {
        var (reward, @event, players) = await Offered(2);
        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(1)))).Is(200);
        var claim = await Claimed(players[0], @event);

        (await _operator.Post($"/v1/claims/{claim["id"]}/cancel", new { reason = "a mistake" })).Is(200);
        Assert.Null((await players[0].Api.Get($"/v1/me/claims/{claim["id"]}")).Is(200).Json.Code());
        (await players[1].Api.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "sold_out");
        Assert.Equal((1, 0, 1, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task A_reward_of_several_codes_and_points_is_given_whole_or_not_at_all()
    {
        var (cinema, coffee) = (Pools.NewPool(), Pools.NewPool());
        var reward = await _operator.CreatesReward(Pools.Of(cinema), new { type = "points", amount = 10 }, Pools.Of(coffee), Pools.Of(cinema));
        var (@event, players) = await Earned(reward, 2);
        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(3)))).Refused(422, "which_pool");
        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(3)), cinema)).Is(200);
        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(3)), coffee)).Is(200);
        Assert.Equal(1, (int)(await players[0].Api.Progress(@event))["offers"]![0]!["stockLeft"]!);

        var claim = await Claimed(players[0], @event);
        Assert.Equal(3, new[] { claim.Code(0), claim.Code(2), claim.Code(3) }.OfType<string>().Distinct().Count());
        (await players[1].Api.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "sold_out");
        var summary = await _operator.Get($"/v1/rewards/{reward}/coupons");
        Assert.Equal(((3, 1, 2, 0), (3, 2, 1, 0)), (summary.Counted(), summary.Counted(1)));
        Assert.Equal(0, (int)(await players[1].Api.Get("/v1/me/points")).Is(200).Json["balance"]!);
        await Pools.AreSound(app.Events);
    }

    [Fact]
    public async Task The_same_request_is_answered_with_the_same_code()
    {
        var (reward, @event, players) = await Offered(1);
        (await _operator.Uploads(reward, Pools.FileOf(Pools.NewCodes(5)))).Is(200);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ =>
            players[0].Api.Send(HttpMethod.Post, $"/v1/events/{@event}/claims", Api.Json(new { }), ("Idempotency-Key", "once"))));

        Assert.Single(answers.Select(answer => answer.Is(201).Json["claims"]![0]!.Code()).Distinct());
        Assert.Equal((5, 4, 1, 0), (await _operator.Get($"/v1/rewards/{reward}/coupons")).Counted());
    }

    private static async Task<JsonNode> Claimed(Player player, string @event) =>
        (await player.Api.Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!;

    /// <summary>A reward of one code, and players who have earned it.</summary>
    private async Task<(string Reward, string Event, Player[] Players)> Offered(int players, bool requiresApproval = false)
    {
        var reward = await _operator.CreatesReward(Pools.Of(Pools.NewPool()));
        var (@event, earned) = await Earned(reward, players, requiresApproval);
        return (reward, @event, earned);
    }

    private async Task<(string Event, Player[] Players)> Earned(string reward, int players, bool requiresApproval = false)
    {
        var type = Playing.NewUser();
        var @event = await _operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [new { rewardId = reward, requiresApproval }] });
        var people = Enumerable.Range(0, players).Select(_ => new Player(app, Playing.NewPerson())).ToArray();
        (await app.GameServer().Reports([.. people.Select(player => Playing.Did(player.Id.ToString(), type, app.Clock.GetUtcNow()))])).Is(200);
        return (@event, people);
    }

    private Api Staff() => app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    /// <summary>Each time with a new token: one lasts for ten minutes.</summary>
    private sealed record Player(LaurelApp App, Guid Id)
    {
        public Api Api => App.Anonymous.As(App.PersonToken(Id));
    }
}

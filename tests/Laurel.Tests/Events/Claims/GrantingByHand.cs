using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Claims;

/// <summary>What operators give by hand, and who has to agree.</summary>
public sealed class GrantingByHand(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Guid _me = Playing.NewPerson();
    private readonly Guid _player = Playing.NewPerson();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Api Operator => app.Me(_me, Role.Operator);

    [Fact]
    public async Task A_few_points_come_at_once_and_once()
    {
        var reward = await Operator.CreatesReward();
        var granted = (await Operator.Grants($"{_player}", reward, "sorry")).Is(201);
        Assert.Equal(granted.Text, (await Operator.Grants($"{_player}", reward, "sorry")).Is(201).Text);
        (await Operator.Grants($"{_player}", reward, "sorry", reason: "another")).Refused(422, "idempotency_key_reused");
        Assert.Equal(10, await app.Points(_player));

        var shown = await app.Somebody(Role.Auditor).Claim(granted.Field("id"));
        Assert.Equal($"completed operator {_me} for the outage", $"{shown["status"]} {shown["origin"]} {shown["grantedBy"]} {shown["grantReason"]}");
        Assert.False(shown.AsObject().ContainsKey("eventId") || shown.AsObject().ContainsKey("offerId") || shown.AsObject().ContainsKey("window"));
        var mine = (await app.Me(_player).Get("/v1/me/claims")).Is(200).Json["items"]!.AsArray().Single()!.AsObject();
        Assert.False(mine.ContainsKey("grantedBy") || mine.ContainsKey("userId"));
        Assert.Equal((1L, $"{_me}"), await app.Events.QueryOne(
            "SELECT count(*), max(actor) FROM audit WHERE action = 'claim.granted' AND subject_id = $1",
            row => (row.GetInt64(0), row.GetString(1)), [granted.Field("id")], Cancellation));
    }

    [Fact]
    public async Task The_key_of_a_grant_lasts_since_nothing_else_keeps_it_from_happening_again()
    {
        var reward = await Operator.CreatesReward();
        var granted = (await Operator.Grants($"{_player}", reward, "sorry")).Is(201);
        await app.Events.Execute("UPDATE idempotency_keys SET created_at = now() - interval '1 year'", [], Cancellation);
        await app.Services.GetRequiredService<KeptAnswers>().Sweep(Cancellation);
        Assert.Equal(granted.Text, (await Operator.Grants($"{_player}", reward, "sorry")).Is(201).Text);
        Assert.Equal(10, await app.Points(_player));
    }

    [Fact]
    public async Task Of_many_points_somebody_else_decides()
    {
        var reward = await Operator.CreatesReward(new { type = "points", amount = 6_000 }, new { type = "points", amount = 4_001 });
        var claim = (await Operator.Grants($"{_player}", reward, "much")).Is(201);
        Assert.Equal("pending", claim.Field("status"));
        Assert.Equal(0, await app.Points(_player));

        (await Operator.Post($"/v1/claims/{claim.Field("id")}/approve")).Refused(403, "own_grant");
        (await app.Me(_player, Role.Operator).Post($"/v1/claims/{claim.Field("id")}/approve")).Refused(403, "own_claim");
        (await app.Somebody(Role.Operator).Post($"/v1/claims/{claim.Field("id")}/approve")).Is(200);
        Assert.Equal(10_001, await app.Points(_player));
    }

    [Fact]
    public async Task Who_granted_it_may_take_it_back_alone()
    {
        var reward = await Operator.CreatesReward(new { type = "item", itemId = "sword", name = "A sword", quantity = 1 });
        var claim = (await Operator.Grants($"{_player}", reward, "a-sword")).Is(201);
        Assert.Equal("pending", claim.Field("status"));
        Assert.Equal("rejected", (await Operator.Post($"/v1/claims/{claim.Field("id")}/reject", new { reason = "a slip" })).Is(200).Field("status"));
    }

    [Fact]
    public async Task Nobody_grants_to_themselves_or_without_a_key_or_a_reason()
    {
        var reward = await Operator.CreatesReward();
        (await Operator.Grants($"{_me}", reward, "mine")).Refused(403, "own_claim");
        (await Operator.Grants($"{_player}", reward, key: null)).Refused(400, "idempotency_key_required");
        (await Operator.Grants($"{_player}", reward, new string('k', 256))).Refused(400, "bad_request");
        (await Operator.Grants($"{_player}", reward, "k", reason: " \n")).Refused(422, "rule_broken").Because("reason", "length");
        (await Operator.Grants($"{_player}", reward, "k", reason: new string('r', 501))).Refused(422, "rule_broken").Because("reason", "length");
        (await Operator.Grants("", reward, "k")).Refused(422, "rule_broken").Because("userId", "invalid_id");
        (await Operator.Grants($"{_player}", $"{Guid.Empty}", "k")).Refused(422, "rule_broken").Because("rewardId", "unknown_reward");
        (await app.Somebody(Role.Auditor).Grants($"{_player}", reward, "k")).Refused(403, "forbidden");
        Assert.Equal(0, await app.Points(_player));
        // What was refused has not used the key.
        (await Operator.Grants($"{_player}", reward, "k")).Is(201);
    }

    [Fact]
    public async Task A_full_wallet_takes_nothing_and_no_stock_with_it()
    {
        var reward = (await Operator.Post("/v1/rewards", new { name = "One", contents = new[] { new { type = "points", amount = 10 } }, stock = 1 })).Is(201).Field("id");
        await app.Events.Execute("INSERT INTO balances (user_id, balance) VALUES ($1, 9007199254740991)", [$"{_player}"], Cancellation);
        (await Operator.Grants($"{_player}", reward, "full")).Refused(422, "balance_full");
        (await Operator.Grants($"{Playing.NewPerson()}", reward, "other")).Is(201);
        (await Operator.Grants($"{Playing.NewPerson()}", reward, "late")).Refused(409, "sold_out");
    }

    [Fact]
    public async Task Many_at_once_take_the_reward_s_stock_and_no_more_and_what_is_revoked_comes_back()
    {
        const int Stock = 10;
        var reward = (await Operator.Post("/v1/rewards", new { name = "Few", contents = new[] { new { type = "points", amount = 10 } }, stock = Stock })).Is(201).Field("id");
        var players = Enumerable.Range(0, 40).Select(_ => Playing.NewPerson()).ToArray();
        var answers = await Task.WhenAll(players.SelectMany(player => Enumerable.Repeat(player, 3)).Select(player => Operator.Grants($"{player}", reward, $"for {player}".Replace(' ', '-'))));

        Assert.All(answers.Where(answer => answer.Status != 201), answer => answer.Refused(409, "sold_out"));
        var granted = answers.Where(answer => answer.Status == 201).Select(answer => answer.Text).Distinct().ToList();
        Assert.Equal(Stock, granted.Count);
        Assert.Equal(Stock * 10, (await Task.WhenAll(players.Select(app.Points))).Sum());
        Assert.Equal((Stock, (long)Stock), await Sold(reward));

        var one = System.Text.Json.Nodes.JsonNode.Parse(granted[0])!;
        (await Operator.Post($"/v1/claims/{one["id"]}/revoke", new { reason = "a slip" })).Is(200);
        Assert.Equal((Stock, Stock - 1L), await Sold(reward));
        Assert.Equal(0, await app.Points(Guid.Parse((string)one["userId"]!)));
    }

    [Fact]
    public async Task A_user_s_own_claims_are_not_in_the_way_of_a_grant()
    {
        var reward = await Operator.CreatesReward();
        var offered = await app.Offers(Operator, _ => new { rewardId = reward });
        await app.Earns(offered.Type, _player);
        (await app.Me(_player).Claims(offered.Event)).Is(201);
        (await Operator.Grants($"{_player}", reward, "one")).Is(201);
        (await Operator.Grants($"{_player}", reward, "two")).Is(201);
        Assert.Equal(30, await app.Points(_player));
        Assert.Equal(3, (await Operator.Get($"/v1/claims?userId={_player}&rewardType=points")).Is(200).Json["items"]!.AsArray().Count);
        Assert.Single((await Operator.Get($"/v1/claims?userId={_player}&eventId={offered.Event}")).Is(200).Json["items"]!.AsArray());
    }

    private Task<(int, long)> Sold(string reward) => app.Events.QueryOne(
        "SELECT total::int, taken FROM stocks WHERE owner = $1", row => (row.GetInt32(0), row.GetInt64(1)), [Guid.Parse(reward)], Cancellation);
}

using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

public sealed class OffersOfEvents(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task An_offer_is_added_changed_and_removed_also_while_the_event_runs()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        var reward = await @operator.CreatesReward(new { type = "badge", badgeId = "gold" });

        var added = (await @operator.Post($"/v1/events/{id}/offers", new { rewardId = reward, condition = Goal.Count("kill", 50), autoClaim = true, stock = 5 })).Is(201);
        Assert.Equal(("\"3\"", "A reward", "5", "true"), (added.Headers.ETag!.Tag, added.Field("rewardName"), added.Field("stock"), added.Field("autoClaim")));
        var path = $"/v1/events/{id}/offers/{added.Field("id")}";
        var changed = (await @operator.Send(HttpMethod.Patch, path, GoodBody.With(new JsonObject { ["closed"] = true }, "stock", "null"), ("If-Match", "\"3\""))).Is(200);
        Assert.Equal(("\"4\"", "true", "true"), (changed.Headers.ETag!.Tag, changed.Field("closed"), changed.Field("autoClaim")));
        Assert.Null(changed.Json["stock"]);
        Assert.Equal("""{"type":"badge","badgeId":"gold"}""", changed.Json["contents"]![0]!.ToJsonString());

        var removed = (await @operator.Delete(path)).Is(204);
        Assert.Equal("\"5\"", removed.Headers.ETag!.Tag);
        Assert.Single((await @operator.Get($"/v1/events/{id}")).Is(200).Json["offers"]!.AsArray());
    }

    [Fact]
    public async Task One_event_offers_a_reward_once_and_many_events_may()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (reward, other) = (await @operator.CreatesReward(), await @operator.CreatesReward());
        var (first, second) = (await @operator.Creates(app.Draft() with { Offers = [new { rewardId = reward }] }), await @operator.Creates(app.Draft()));

        (await @operator.Post($"/v1/events/{second}/offers", new { rewardId = reward })).Is(201);
        (await @operator.Post($"/v1/events/{first}/offers", new { rewardId = reward })).Refused(409, "reward_already_offered");
        var offer = (await @operator.Post($"/v1/events/{first}/offers", new { rewardId = other })).Is(201).Field("id");
        (await @operator.Patches($"/v1/events/{first}/offers/{offer}", new { rewardId = reward })).Refused(409, "reward_already_offered");
        Assert.Equal("2", (await @operator.Get($"/v1/events/{first}")).Is(200).Field("version"));
    }

    [Fact]
    public async Task Two_operators_who_offer_the_same_reward_at_once_offer_it_once()
    {
        var operators = new[] { (await app.SignedIn(Role.Operator)).Api, (await app.SignedIn(Role.Operator)).Api };
        for (var round = 0; round < 5; round++)
        {
            var id = await operators[0].Runs(app.Draft());
            var reward = await operators[0].CreatesReward();

            var answers = await Task.WhenAll(operators.Select(one => one.Post($"/v1/events/{id}/offers", new { rewardId = reward })));
            Assert.Equal([201, 409], answers.Select(answer => answer.Status).Order());
            answers.Single(answer => answer.Status == 409).Refused(409, "reward_already_offered");
        }
    }

    [Fact]
    public async Task An_event_that_runs_keeps_an_offer()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        var offer = (await @operator.Get($"/v1/events/{id}")).Is(200).Json["offers"]![0]!["id"]!.ToString();

        (await @operator.Delete($"/v1/events/{id}/offers/{offer}")).Refused(422, "rule_broken").Because("offers", "no_offers");
        (await @operator.SwitchesOff(id)).Is(200);
        (await @operator.Delete($"/v1/events/{id}/offers/{offer}")).Is(204);
        (await @operator.Activates(id)).Refused(422, "rule_broken").Because("offers", "no_offers");
    }

    [Theory]
    [InlineData("rewardId", "\"00000000-0000-0000-0000-000000000000\"", 422, "rewardId", "unknown_reward")]
    [InlineData("rewardId", "null", 400, "rewardId", "null")]
    [InlineData("rewardId", "7", 400, "rewardId", "wrong_kind")]
    [InlineData("stock", "0", 422, "stock", "out_of_range")]
    [InlineData("stock", "9007199254740992", 422, "stock", "out_of_range")]
    [InlineData("stock", "1e400", 400, "stock", "wrong_kind")]
    [InlineData("condition", """{"type":"attendance","days":0}""", 422, "condition.days", "out_of_range")]
    [InlineData("condition", """{"type":"streak","days":400}""", 422, "condition.days", "unreachable")]
    [InlineData("condition", """{"days":3}""", 400, "condition.type", "unknown_kind")]
    [InlineData("autoClaim", "1", 400, "autoClaim", "wrong_kind")]
    [InlineData("price", "1", 400, "price", "unknown_field")]
    public async Task A_bad_offer_is_refused_by_what_is_wrong_with_it(string path, string json, int status, string at, string code)
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());
        var offers = $"/v1/events/{id}/offers";
        var before = (await @operator.Get($"/v1/events/{id}")).Is(200);
        var error = status == 400 ? "malformed_body" : "rule_broken";

        (await @operator.Send(HttpMethod.Post, offers, GoodBody.With(new JsonObject { ["rewardId"] = await @operator.CreatesReward() }, path, json)))
            .Refused(status, error).Because(at, code);
        (await @operator.Send(HttpMethod.Patch, $"{offers}/{before.Json["offers"]![0]!["id"]}", GoodBody.With(new JsonObject(), path, json)))
            .Refused(status, error).Because(at, code);
        Assert.Equal(before.Text, (await @operator.Get($"/v1/events/{id}")).Is(200).Text);
    }

    [Fact]
    public async Task An_offer_of_another_event_is_not_there()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (mine, other) = (await @operator.Creates(app.Draft()), await @operator.Creates(app.Draft()));
        var offer = (await @operator.Get($"/v1/events/{other}")).Is(200).Json["offers"]![0]!["id"]!.ToString();

        (await @operator.Patches($"/v1/events/{mine}/offers/{offer}", new { stock = 1 })).Refused(404, "not_found");
        (await @operator.Delete($"/v1/events/{mine}/offers/{offer}")).Refused(404, "not_found");
        (await @operator.Patches($"/v1/events/{mine}/offers/none", new { stock = 1 })).Refused(404, "not_found");
        (await @operator.Post($"/v1/events/{Guid.Empty}/offers", new { rewardId = await @operator.CreatesReward() })).Refused(404, "not_found");
        (await @operator.Patches($"/v1/events/{mine}/offers/{offer}", new { })).Refused(422, "rule_broken").Because("$", "nothing_to_change");
    }

    [Fact]
    public async Task A_number_that_progress_may_remember_is_never_given_again()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());
        var reward = await @operator.CreatesReward();
        var offers = $"/v1/events/{id}/offers";

        // A draft forgets; an event that was active has 62 numbers, of which it uses one and then one after the other.
        for (var round = 0; round < 65; round++)
            (await @operator.Delete($"{offers}/{(await @operator.Post(offers, new { rewardId = reward })).Is(201).Field("id")}")).Is(204);
        (await @operator.Activates(id)).Is(200);
        for (var number = 3; number <= 62; number++)
            (await @operator.Delete($"{offers}/{(await @operator.Post(offers, new { rewardId = reward })).Is(201).Field("id")}")).Is(204);
        (await @operator.Post(offers, new { rewardId = reward })).Refused(422, "rule_broken").Because("offers", "too_many");
    }
}

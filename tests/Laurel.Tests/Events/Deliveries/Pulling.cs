using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A game that has no endpoint asks for what is to be handed over.</summary>
public sealed class Pulling(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_granted_is_pulled_and_acknowledged()
    {
        var (claim, user, _) = await app.Claims(await app.GivesSwords());
        var item = await Pulled(claim);
        Assert.Equal((claim, user.ToString(), "reward.granted"), ((string)item["claimId"]!, (string)item["userId"]!, (string)item["type"]!));
        Assert.Equal("processing", await app.ClaimStatus(claim));
        Assert.Empty((await app.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray());

        (await Ack(item, lease: Playing.NewPerson().ToString())).Refused(409, "delivery_leased");
        Assert.Equal("delivered", (await Ack(item)).Is(200).Field("status"));
        (await Ack(item)).Is(200);
        (await Fail(item)).Refused(409, "delivery_decided");
        Assert.Equal("completed", await app.ClaimStatus(claim));
    }

    [Fact]
    public async Task Of_many_who_pull_at_once_each_has_others()
    {
        var swords = await app.GivesSwords();
        var claims = (await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => app.Claims(swords)))).Select(one => one.Claim).ToHashSet();
        var pulled = (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.Hands().Get("/v1/deliveries/pending?limit=7"))))
            .SelectMany(answer => answer.Is(200).Json["items"]!.AsArray()).Where(item => claims.Contains((string)item!["claimId"]!)).ToList();

        Assert.Equal(60, pulled.Count);
        Assert.Equal(60, pulled.Select(item => (string)item!["id"]!).Distinct().Count());
        await Task.WhenAll(pulled.SelectMany(item => new[] { Ack(item!), Ack(item!) }).Select(async answer => (await answer).Is(200)));
        foreach (var claim in claims)
            Assert.Equal("completed", await app.ClaimStatus(claim));
    }

    [Fact]
    public async Task What_is_not_acknowledged_is_anothers_after_a_minute_and_the_first_is_told()
    {
        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        var first = await Pulled(claim);
        await Expire(claim);
        var second = await Pulled(claim);
        Assert.Equal((string)first["id"]!, (string)second["id"]!);
        (await Ack(first)).Refused(409, "delivery_leased");
        (await Fail(first, permanent: true)).Refused(409, "delivery_leased");
        Assert.Equal("processing", await app.ClaimStatus(claim));
        (await Ack(second)).Is(200);
    }

    [Fact]
    public async Task Who_is_late_and_nobody_else_has_it_is_believed()
    {
        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        var item = await Pulled(claim);
        await Expire(claim);
        (await Ack(item)).Is(200);
        Assert.Equal("completed", await app.ClaimStatus(claim));
    }

    [Fact]
    public async Task What_failed_is_given_out_again_after_its_pause()
    {
        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        (await Fail(await Pulled(claim))).Is(200);
        app.Clock.Advance(TimeSpan.FromSeconds(7));
        var item = await Pulled(claim);
        Assert.Equal("pending", (await Fail(item)).Is(200).Field("status"));
        (await Fail(item)).Is(200);
        Assert.Empty((await app.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray());
        Assert.Equal(["inventory full", "inventory full"], (await app.Delivery(claim))["lastAttempts"]!.AsArray().Select(attempt => (string)attempt!["error"]!));

        app.Clock.Advance(TimeSpan.FromMinutes(7));
        (await Ack(await Pulled(claim))).Is(200);
    }

    [Fact]
    public async Task What_never_can_be_handed_over_gives_stock_and_points_back()
    {
        var swords = await app.GivesSwords(stock: 1, points: 10);
        var (claim, _, player) = await app.Claims(swords);
        Assert.Equal(10, await Points(player));
        var item = await Pulled(claim);
        Assert.Equal("failed", (await Fail(item, permanent: true)).Is(200).Field("status"));
        Assert.Equal("failed", (await Fail(item, permanent: true)).Is(200).Field("status"));
        (await Ack(item)).Refused(409, "delivery_decided");
        Assert.Equal("failed", await app.ClaimStatus(claim));
        Assert.Equal(0, await Points(player));
        Assert.Equal(1, (int)(await player.Get($"/v1/me/progress/{swords.Event}")).Is(200).Json["offers"]![0]!["stockLeft"]!);
        (await player.Post($"/v1/events/{swords.Event}/claims", new { })).Refused(409, "already_claimed");
        // Somebody else may have the unit.
        await app.Claims(swords);
    }

    [Fact]
    public async Task Points_that_are_spent_cannot_be_taken_back()
    {
        var (claim, user, _) = await app.Claims(await app.GivesSwords(points: 10));
        await app.Events.Execute("UPDATE balances SET balance = 3 WHERE user_id = $1", [user.ToString()], Cancellation);
        var item = await Pulled(claim);
        (await Fail(item, permanent: true)).Refused(422, "insufficient_points");
        Assert.Equal("processing", await app.ClaimStatus(claim));
        (await Ack(item)).Is(200);
    }

    [Fact]
    public async Task An_operator_completes_by_hand_with_a_reason_but_never_for_themselves()
    {
        var me = Playing.NewPerson();
        var (claim, _, _) = await app.Claims(await app.GivesSwords(), me);
        var path = $"/v1/deliveries/{(await app.Delivery(claim))["id"]}/complete";
        (await app.Anonymous.As(app.PersonToken(me, Role.Operator)).Post(path, new { reason = "given" })).Refused(403, "own_claim");
        (await app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Auditor)).Post(path, new { reason = "given" })).Refused(403, "forbidden");
        (await app.Operator().Post(path, new { })).Refused(400, "malformed_body");
        Assert.Equal("processing", await app.ClaimStatus(claim));

        Assert.Equal("delivered", (await app.Operator().Post(path, new { reason = "given in the game" })).Is(200).Field("status"));
        (await app.Operator().Post(path, new { reason = "given in the game" })).Refused(409, "delivery_decided");
        Assert.Equal("completed", await app.ClaimStatus(claim));
        Assert.Equal(1L, await app.Events.QueryOne(
            "SELECT count(*) FROM audit WHERE action = 'delivery.completed' AND subject_id = $1", row => row.GetInt64(0), [path.Split('/')[3]], Cancellation));
    }

    [Fact]
    public async Task A_cancelled_claim_is_not_given_out_and_who_may_have_it_is_told()
    {
        var (fresh, _, _) = await app.Claims(await app.GivesSwords());
        (await app.Operator().Post($"/v1/claims/{fresh}/cancel", new { reason = "a mistake" })).Is(200);
        Assert.Equal("cancelled", (string)Assert.Single(await app.Deliveries(fresh))["status"]!);

        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        var item = await Pulled(claim);
        (await app.Operator().Post($"/v1/claims/{claim}/cancel", new { reason = "a mistake" })).Is(200);
        (await Ack(item)).Refused(409, "delivery_decided");
        Assert.Empty((await app.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray());
        // Not before whoever has it can have ended.
        app.Clock.Advance(TimeSpan.FromSeconds(61));
        var back = await Pulled(claim);
        Assert.Equal("reward.revoked", (string)back["type"]!);
        (await Ack(back)).Is(200);
        Assert.Equal("failed", await app.ClaimStatus(claim));
    }

    [Fact]
    public async Task Of_all_that_is_said_at_once_one_wins_and_stock_and_points_agree_with_it()
    {
        for (var round = 0; round < 20; round++)
        {
            var swords = await app.GivesSwords(stock: 1, points: 10);
            var (claim, _, player) = await app.Claims(swords);
            var item = await Pulled(claim);
            var answers = await Task.WhenAll(
                Ack(item), Fail(item), Fail(item, permanent: true), app.Operator().Post($"/v1/claims/{claim}/cancel", new { reason = "no" }),
                app.Operator().Post($"/v1/deliveries/{item["id"]}/retry"), app.Operator().Post($"/v1/deliveries/{item["id"]}/complete", new { reason = "given" }));

            Assert.All(answers, answer => Assert.True(answer.Status is 200 or 202 or 409, answer.Text));
            var (status, delivery) = (await app.ClaimStatus(claim), (string)(await app.Deliveries(claim))[^1]["status"]!);
            Assert.Contains((status, delivery), new[] { ("completed", "delivered"), ("failed", "failed"), ("failed", "cancelled") });
            var isPaid = status == "completed";
            Assert.Equal(isPaid ? 10 : 0, await Points(player));
            Assert.Equal(isPaid ? 0 : 1, (int)(await player.Get($"/v1/me/progress/{swords.Event}")).Is(200).Json["offers"]![0]!["stockLeft"]!);
        }
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=x")]
    [InlineData("all=1")]
    public async Task What_cannot_be_asked_for_is_refused(string query) =>
        (await app.Hands().Get($"/v1/deliveries/pending?{query}")).Refused(400, "bad_query");

    private async Task<JsonNode> Pulled(string claim) => Assert.Single(
        (await app.Hands().Get("/v1/deliveries/pending?limit=200")).Is(200).Json["items"]!.AsArray(), item => (string)item!["claimId"]! == claim)!;

    private Task<Answer> Ack(JsonNode item, string? lease = null) =>
        app.Hands().Post($"/v1/deliveries/{item["id"]}/ack", new { lease = lease ?? (string)item["lease"]! });

    private Task<Answer> Fail(JsonNode item, bool permanent = false) =>
        app.Hands().Post($"/v1/deliveries/{item["id"]}/fail", new { lease = (string)item["lease"]!, reason = "inventory full", permanent });

    private Task<int> Expire(string claim) =>
        app.Events.Execute("UPDATE deliveries SET leased_until = now() WHERE claim_id = $1", [Guid.Parse(claim)], Cancellation);

    private static async Task<long> Points(Api player) => (long)(await player.Get("/v1/me/points")).Is(200).Json["balance"]!;
}

using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A game that answers 202 says later what became of it: as a service account, or signed with the webhook's secret.</summary>
public sealed class CallingBack(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    [Fact]
    public async Task A_promise_is_waited_for_and_kept()
    {
        var (claim, message) = await Promised();
        var delivery = await game.App.Delivery(claim);
        Assert.Equal("accepted", (string)delivery["status"]!);
        Assert.True(delivery["nextAttemptAt"]!.At() - game.App.Clock.GetUtcNow() > TimeSpan.FromMinutes(50));

        (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/ack", new { lease = Playing.NewPerson() })).Refused(409, "delivery_leased");
        Assert.Equal("delivered", (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/ack", new { lease = message.Lease })).Is(200).Field("status"));
        Assert.Equal("completed", await game.App.ClaimStatus(claim));
        (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/ack", new { lease = message.Lease })).Is(200);
        (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/fail", new { lease = message.Lease, reason = "late" })).Refused(409, "delivery_decided");
    }

    [Fact]
    public async Task A_promise_that_is_not_kept_is_reminded_of_and_an_answer_to_either_counts()
    {
        var (claim, message) = await Promised();
        await game.GoesOn(claim);
        Assert.Equal(message.Body, game.Endpoint.About(claim)[1].Body);
        (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/ack", new { lease = message.Lease })).Is(200);
        Assert.Equal("completed", await game.App.ClaimStatus(claim));
    }

    [Fact]
    public async Task A_full_inventory_is_tried_again_later()
    {
        var (claim, message) = await Promised();
        await game.GoesOn(claim);
        var failed = (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/fail", new { lease = message.Lease, reason = "inventory full" })).Is(200);
        Assert.Equal("pending", failed.Field("status"));
        var delivery = await game.App.Delivery(claim);
        Assert.Equal("inventory full", (string)delivery["lastAttempts"]![2]!["error"]!);
        (await game.App.Hands().Post($"/v1/deliveries/{message.Id}/fail", new { lease = message.Lease, reason = "inventory full" })).Is(200);
        Assert.Equal(delivery.ToJsonString(), (await game.App.Delivery(claim)).ToJsonString());

        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 204);
        await game.GoesOn(claim);
        await game.App.ClaimBecomes(claim, "completed");
    }

    [Fact]
    public async Task Who_calls_back_before_having_answered_is_believed()
    {
        var answer = new TaskCompletionSource();
        game.Endpoint.Answers = async (context, _) =>
        {
            await answer.Task;
            await Receiver.Status(context, 202);
        };
        var (claim, _, _) = await game.App.Claims(await game.App.GivesSwords());
        var (later, _, _) = await game.App.Claims(await game.App.GivesSwords());
        await Eventually.True(() => Task.FromResult(game.Endpoint.About(claim).Count == 1 && game.Endpoint.About(later).Count == 1));
        var (acked, failed) = (game.Endpoint.About(claim)[0], game.Endpoint.About(later)[0]);
        (await game.App.Hands().Post($"/v1/deliveries/{acked.Id}/ack", new { lease = acked.Lease })).Is(200);
        (await game.App.Hands().Post($"/v1/deliveries/{failed.Id}/fail", new { lease = failed.Lease, reason = "inventory full" })).Is(200);
        answer.SetResult();

        // An answer that comes after is older than the word: a third delivery, whose answer counts, ends when theirs have.
        var third = await game.Claimed();
        await game.App.DeliveryBecomes(third, "accepted");
        Assert.Equal("delivered inventory full", $"{(await game.App.Delivery(claim))["status"]} {(await game.App.Delivery(later))["lastAttempts"]![0]!["error"]}");
        Assert.Equal("completed", await game.App.ClaimStatus(claim));
        await game.IsTold(later, 1);
        Assert.Equal(game.Endpoint.About(later).Count, (await game.App.Delivery(later))["lastAttempts"]!.AsArray().Count);
    }

    [Fact]
    public async Task The_secret_is_enough_to_call_back()
    {
        var (claim, message) = await Promised();
        Assert.Equal("pending", (await game.CallsBack(message.Id, new { outcome = "fail", reason = "inventory full" })).Is(200).Field("status"));
        Assert.Equal("delivered", (await game.CallsBack(message.Id, new { outcome = "ack" })).Is(200).Field("status"));
        Assert.Equal("delivered", (await game.CallsBack(message.Id, new { outcome = "ack" })).Is(200).Field("status"));
        (await game.CallsBack(message.Id, new { outcome = "fail", reason = "late" })).Refused(409, "delivery_decided");
        (await game.CallsBack(message.Id, new { outcome = "fail", permanent = true })).Refused(409, "delivery_decided");
        Assert.Equal("completed", await game.App.ClaimStatus(claim));
    }

    [Fact]
    public async Task Nobody_else_can_call_back()
    {
        var (claim, message) = await Promised();
        var (_, other) = await Promised();
        var ack = new { outcome = "ack" };
        var foreign = $"whsec_{Convert.ToBase64String(new byte[32])}";
        (await game.CallsBack(message.Id, ack, secret: foreign)).Refused(401, "invalid_signature");
        (await game.CallsBack(message.Id, ack, late: TimeSpan.FromMinutes(6))).Refused(401, "invalid_signature");
        (await game.CallsBack(message.Id, ack, late: TimeSpan.FromMinutes(-6))).Refused(401, "invalid_signature");
        (await game.CallsBack(message.Id, ack, of: other.Id)).Refused(401, "invalid_signature");
        (await game.App.Anonymous.Post($"/v1/deliveries/{message.Id}/callback", ack)).Refused(401, "invalid_signature");
        (await game.CallsBack(Playing.NewPerson().ToString(), ack)).Refused(404, "not_found");
        (await game.CallsBack(message.Id, new { outcome = "perhaps" })).Refused(400, "malformed_body");
        (await game.CallsBack(message.Id, new { outcome = "ack", reason = new string('x', 20_000) })).Refused(413, "body_too_large");
        (await game.CallsBack(message.Id, new { outcome = "fail", reason = new string('x', 501) })).Refused(422, "rule_broken").Because("reason", "length");

        (await game.App.Anonymous.Post($"/v1/deliveries/{message.Id}/ack", new { lease = message.Lease })).Refused(401, "unauthenticated");
        (await game.App.Anonymous.As("nonsense").Post($"/v1/deliveries/{message.Id}/ack", new { lease = message.Lease })).Refused(401, "invalid_token");
        (await game.App.GameServer().Post($"/v1/deliveries/{message.Id}/ack", new { lease = message.Lease })).Refused(403, "forbidden");
        (await game.App.Hands().Post($"/v1/deliveries/{Playing.NewPerson()}/ack", new { lease = message.Lease })).Refused(404, "not_found");
        Assert.Equal("processing", await game.App.ClaimStatus(claim));

        await using var statistics = await Receiver.Start();
        var told = (await game.App.Operator().Post("/v1/webhooks", new { url = statistics.Url })).Is(201);
        (await game.CallsBack(message.Id, ack, secret: told.Field("secret"))).Refused(401, "invalid_signature");
        (await game.App.Operator().Delete($"/v1/webhooks/{told.Field("id")}")).Is(204);
    }

    /// <summary>A claim of which the endpoint was told, and promised to call back.</summary>
    private async Task<(string Claim, Message Message)> Promised()
    {
        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 202);
        var claim = await game.Claimed();
        await game.App.DeliveryBecomes(claim, "accepted");
        return (claim, game.Endpoint.About(claim)[0]);
    }
}

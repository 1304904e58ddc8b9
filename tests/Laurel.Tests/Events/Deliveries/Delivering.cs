using System.Text.Json.Nodes;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A game's endpoint is told what was granted, and its answer completes the claim.</summary>
public sealed class Delivering(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_granted_is_told_signed_and_completes_the_claim()
    {
        var (claim, user, player) = await game.App.Claims(await game.App.GivesSwords());
        await game.App.ClaimBecomes(claim, "completed");

        var message = Assert.Single(game.Endpoint.About(claim));
        Assert.Equal("reward.granted", message.Type);
        Assert.Equal(DeliveringApp.SignatureOf(game.Secret, message.Id, message.Timestamp, message.Body), message.Signature);
        var data = message.Json["data"]!;
        Assert.Equal((message.Id, user.ToString()), ((string)data["deliveryId"]!, (string)data["userId"]!));
        Assert.True(JsonNode.DeepEquals(data["contents"], JsonNode.Parse("""[{"type": "item", "itemId": "sword", "name": "Sword", "quantity": 1}]""")));

        var delivery = await game.App.Delivery(claim);
        Assert.Equal((message.Id, "delivered"), ((string)delivery["id"]!, (string)delivery["status"]!));
        Assert.Equal("delivered 204", $"{delivery["lastAttempts"]![0]!["outcome"]} {delivery["lastAttempts"]![0]!["status"]}");
        Assert.Equal("completed", (string)(await player.Get($"/v1/me/claims/{claim}")).Is(200).Json["status"]!);
    }

    [Fact]
    public async Task What_is_approved_is_delivered_and_what_is_revoked_is_told_too()
    {
        var (claim, _, _) = await game.App.Claims(await game.App.GivesSwords(requiresApproval: true));
        Assert.Empty(await game.App.Deliveries(claim));
        (await game.App.Operator().Post($"/v1/claims/{claim}/approve")).Is(200);
        await game.App.ClaimBecomes(claim, "completed");

        (await game.App.Operator().Post($"/v1/claims/{claim}/revoke", new { reason = "a mistake" })).Is(200);
        await game.IsTold(claim, 2);
        Assert.Equal(["reward.granted", "reward.revoked"], game.Endpoint.About(claim).Select(message => message.Type));
        Assert.Equal(2, game.Endpoint.About(claim).Select(message => message.Id).Distinct().Count());
        Assert.Equal("revoked", await game.App.ClaimStatus(claim));
    }

    [Fact]
    public async Task Points_alone_are_nobody_elses_business()
    {
        var type = Playing.NewUser();
        var @event = await game.App.Operator().Runs(game.App.Draft(Goal.Count(type, 1)));
        var (claim, _, _) = await game.App.Claims((@event, type));
        Assert.Equal("completed", await game.App.ClaimStatus(claim));
        Assert.Empty(await game.App.Deliveries(claim));
    }

    [Fact]
    public async Task Another_endpoint_is_told_and_has_no_say()
    {
        await using var other = await Receiver.Start();
        other.Answers = (context, _) => Receiver.Status(context, 500);
        var told = (await game.App.Operator().Post("/v1/webhooks", new { url = other.Url, description = "statistics" })).Is(201);
        Assert.False((bool)told.Json["fulfils"]!);

        var (claim, _, _) = await game.App.Claims(await game.App.GivesSwords());
        await game.App.ClaimBecomes(claim, "completed");
        await Eventually.True(() => Task.FromResult(other.About(claim).Count == 1));
        Assert.NotEqual(other.About(claim)[0].Id, game.Endpoint.About(claim)[0].Id);
        Assert.Single((await game.App.Operator().Get($"/v1/deliveries?claimId={claim}&webhookId={told.Field("id")}")).Is(200).Json["items"]!.AsArray());

        (await game.App.Operator().Delete($"/v1/webhooks/{told.Field("id")}")).Is(204);
        await Eventually.True(async () => await game.App.Events.QueryOne(
            "SELECT count(*) FROM deliveries WHERE queue = $1 AND status = 'pending'", row => row.GetInt64(0), [Guid.Parse(told.Field("id"))], Cancellation) == 0);
    }

    [Fact]
    public async Task Who_is_slow_slows_nobody_else()
    {
        await using var slow = await Receiver.Start();
        slow.Answers = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var told = (await game.App.Operator().Post("/v1/webhooks", new { url = slow.Url })).Is(201).Field("id");
        var swords = await game.App.GivesSwords();
        var claims = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => game.App.Claims(swords)));

        foreach (var (claim, _, _) in claims)
            await game.App.ClaimBecomes(claim, "completed");
        await Eventually.True(() => Task.FromResult(slow.Messages.Count == 128));
        (await game.App.Operator().Delete($"/v1/webhooks/{told}")).Is(204);
    }

    [Fact]
    public async Task While_a_secret_rotates_messages_are_signed_with_both()
    {
        var old = game.Secret;
        var rotated = (await game.App.Operator().Post($"/v1/webhooks/{game.Webhook}/rotate-secret")).Is(200).Field("secret");
        Assert.NotEqual(old, rotated);
        game.Secret = rotated;
        var (first, _, _) = await game.App.Claims(await game.App.GivesSwords());
        await game.App.ClaimBecomes(first, "completed");
        Assert.Equal(
            [DeliveringApp.SignatureOf(rotated, Told(first).Id, Told(first).Timestamp, Told(first).Body), DeliveringApp.SignatureOf(old, Told(first).Id, Told(first).Timestamp, Told(first).Body)],
            Told(first).Signature.Split(' '));

        game.App.Clock.Advance(TimeSpan.FromHours(25));
        var (second, _, _) = await game.App.Claims(await game.App.GivesSwords());
        await game.App.ClaimBecomes(second, "completed");
        Assert.Equal(DeliveringApp.SignatureOf(rotated, Told(second).Id, Told(second).Timestamp, Told(second).Body), Told(second).Signature);
        Assert.DoesNotContain(rotated, (await game.App.Operator().Get($"/v1/webhooks/{game.Webhook}")).Is(200).Text, StringComparison.Ordinal);
        Assert.Equal(0L, await game.App.Events.QueryOne(
            "SELECT count(*) FROM webhooks WHERE position($1 IN secret) > 0",
            row => row.GetInt64(0), [Convert.FromBase64String(rotated["whsec_".Length..])], Cancellation));
    }

    private Message Told(string claim) => game.Endpoint.About(claim)[0];
}

using System.Text.Json.Nodes;
using Laurel.Tests.Events.Deliveries;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Erasures;

/// <summary>People and games write about claims and deliveries, and it goes with the user whom it is about; wherever it was copied to.</summary>
public sealed class WhatWasWritten(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task It_goes_from_wherever_it_stands()
    {
        var (player, secret) = (Playing.NewPerson(), Playing.NewUser());
        var @operator = app.Operator();
        // A delivery that failed, was tried again, and was completed by hand.
        var (completed, _, _) = await app.Claims(await app.GivesSwords(points: 10), player);
        await Fails(completed, "the inventory is full", permanent: false);
        (await @operator.Post($"/v1/deliveries/{(await app.Delivery(completed))["id"]}/complete", new { reason = $"{secret} has it" })).Is(200);
        (await @operator.Post($"/v1/claims/{completed}/revoke", new { reason = $"{secret} cheats" })).Is(200);
        // One that the game refused, and one that was cancelled.
        await Fails((await app.Claims(await app.GivesSwords(points: 10), player)).Claim, $"{secret} plays no more", permanent: true);
        var (cancelled, _, _) = await app.Claims(await app.GivesSwords(points: 10), player);
        (await @operator.Post($"/v1/claims/{cancelled}/cancel", new { reason = $"{secret} has asked for it" })).Is(200);
        var (other, _, _) = await app.Claims(await app.GivesSwords());
        await Fails(other, "the inventory is full", permanent: false);

        Assert.Contains("deliveries", await app.WhereEventsTell(secret));
        (await app.Erased(await app.Registrar().Erases($"{player}"))).Is("erasure", "done", gained: 0, lost: 0);
        Assert.Empty(await app.WhereEventsTell(secret));

        // What was done, when and by whom, is there as before; and so is what was written of others.
        var attempts = (await Delivery(completed))["lastAttempts"]!.AsArray();
        Assert.Equal(["failed erased", "delivered erased"], attempts.Select(attempt => $"{attempt!["outcome"]} {attempt["error"]}"));
        Assert.All(attempts, attempt => Assert.NotNull(attempt!["by"]));
        Assert.Equal("the inventory is full", (string?)Assert.Single((await Delivery(other))["lastAttempts"]!.AsArray())!["error"]);
        var entries = (await @operator.Get($"/v1/users/{player}/points/entries")).Is(200).Json["items"]!.AsArray();
        Assert.Equal(["A reward"], entries.Select(entry => (string)entry!["reason"]!).Distinct());
        await app.IsInOrder();
    }

    /// <summary>Of what was granted.</summary>
    private async Task<JsonNode> Delivery(string claim) =>
        (await app.Operator().Get($"/v1/deliveries/{(await app.Deliveries(claim)).Single(delivery => (string)delivery["kind"]! == "granted")["id"]}")).Is(200).Json;

    private async Task Fails(string claim, string reason, bool permanent)
    {
        var hands = app.Hands();
        var item = (await hands.Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray().Single(item => (string)item!["claimId"]! == claim)!;
        (await hands.Post($"/v1/deliveries/{item["id"]}/fail", new { lease = (string)item["lease"]!, permanent, reason })).Is(200);
    }
}

using Laurel.Platform.Access;
using Laurel.Tests.Events.Deliveries;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Erasures;

/// <summary>A claim of points and a sword was granted, its user is erased, and then it comes to nothing. Its points are gone already.</summary>
public sealed class DecidingAfterwards(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task The_game_never_hands_it_over()
    {
        var swords = await app.GivesSwords(stock: 1, points: 10);
        var (claim, user, _) = await app.Claims(swords);
        Assert.Equal(10, await Erased(user));

        var hands = app.Hands();
        var item = (await hands.Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray().Single(item => (string)item!["claimId"]! == claim)!;
        (await hands.Post($"/v1/deliveries/{item["id"]}/fail", new { lease = (string)item["lease"]!, permanent = true, reason = "no such player" })).Is(200);
        Assert.Equal("failed", await app.ClaimStatus(claim));
        // Its unit is there for somebody else.
        await app.Claims(swords);
        await app.IsInOrder();
    }

    [Theory]
    [InlineData("cancel", "failed")]
    [InlineData("revoke", "revoked")]
    public async Task An_operator_takes_it_back(string verb, string status)
    {
        var (claim, user, _) = await app.Claims(await app.GivesSwords(points: 10));
        if (verb == "revoke")
            (await app.Operator().Post($"/v1/deliveries/{(await app.Delivery(claim))["id"]}/complete", new { reason = "seen in the game" })).Is(200);
        Assert.Equal(10, await Erased(user));
        await Moves("credits", user, 7);

        (await app.Operator().Post($"/v1/claims/{claim}/{verb}", new { reason = "by mistake" })).Is(200);
        Assert.Equal((status, 7), (await app.ClaimStatus(claim), await app.Points(user)));
        await app.IsInOrder();
    }

    [Fact]
    public async Task Its_points_had_been_spent()
    {
        var (claim, user, _) = await app.Claims(await app.GivesSwords(points: 10));
        await Moves("debits", user, 10);
        (await app.Operator().Post($"/v1/claims/{claim}/cancel", new { reason = "by mistake" })).Refused(422, "insufficient_points");
        Assert.Equal(0, await Erased(user));
        (await app.Operator().Post($"/v1/claims/{claim}/cancel", new { reason = "by mistake" })).Is(200);
        await app.IsInOrder();
    }

    [Fact]
    public async Task What_was_paid_later_is_taken_back_as_ever()
    {
        var user = Playing.NewPerson();
        Assert.Equal(0, await Erased(user));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        var (claim, _, _) = await app.Claims(await app.GivesSwords(points: 10), user);
        (await app.Operator().Post($"/v1/claims/{claim}/cancel", new { reason = "by mistake" })).Is(200);
        Assert.Equal(0, await app.Points(user));
        await app.IsInOrder();
    }

    private async Task<int> Erased(Guid user) => (int)(await app.Erased(await app.Registrar().Erases($"{user}")))["result"]!["points"]!;

    private async Task Moves(string way, Guid user, long amount) => (await app.Anonymous.As(app.ServiceToken(Scopes.PointsWrite)).Send(
        HttpMethod.Post, $"/v1/points/{way}", Api.Json(new { userId = $"{user}", amount }), ("Idempotency-Key", Playing.NewUser()))).Is(201);
}

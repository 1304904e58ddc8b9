using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Claims;

/// <summary>What operators decide about claims.</summary>
public sealed class Deciding(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    [Fact]
    public async Task An_approved_claim_is_paid_and_cannot_be_decided_again()
    {
        var (claim, player) = await Pending();
        Assert.Equal(0, await Points(player));
        (await player.Post($"/v1/events/{claim.Event}/claims", new { })).Refused(409, "approval_pending");

        var approved = (await _operator.Post($"/v1/claims/{claim.Id}/approve", new { reason = "well done" })).Is(200).Json;
        Assert.Equal("completed well done", $"{approved["status"]} {approved["reason"]}");
        Assert.Equal(10, await Points(player));
        var late = (await _operator.Post($"/v1/claims/{claim.Id}/reject", new { reason = "no" })).Refused(409, "already_decided");
        Assert.Equal("completed", (string)late.Json["claim"]!["status"]!);
    }

    [Fact]
    public async Task A_rejected_claim_gives_its_unit_back_and_may_be_final_or_not()
    {
        var (claim, player) = await Pending(stock: 1);
        var (id, @event) = claim;
        (await _operator.Post($"/v1/claims/{id}/reject", new { reason = "look again", allowRetry = true })).Is(200);
        var again = (await player.Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!;
        Assert.NotEqual(id, (string)again["id"]!);

        (await _operator.Post($"/v1/claims/{again["id"]}/reject", new { reason = "a cheat" })).Is(200);
        (await player.Post($"/v1/events/{@event}/claims", new { })).Refused(409, "claim_rejected");
        Assert.Equal(0, await Points(player));
        Assert.Equal(1, (int)(await player.Get($"/v1/me/progress/{@event}")).Is(200).Json["offers"]![0]!["stockLeft"]!);
    }

    [Fact]
    public async Task What_is_revoked_is_taken_back_once_and_only_while_it_is_there()
    {
        var (claim, player) = await Pending();
        (await _operator.Post($"/v1/claims/{claim.Id}/revoke", new { reason = "too early" })).Refused(409, "already_decided");
        (await _operator.Post($"/v1/claims/{claim.Id}/approve")).Is(200);
        (await _operator.Post($"/v1/claims/{claim.Id}/revoke", new { reason = "a mistake" })).Is(200);
        (await _operator.Post($"/v1/claims/{claim.Id}/revoke", new { reason = "a mistake" })).Refused(409, "already_decided");
        Assert.Equal(0, await Points(player));
        Assert.Equal([-10, 10], (await player.Get("/v1/me/points/entries")).Is(200).Json["items"]!.AsArray().Select(entry => (int)entry!["amount"]!));
    }

    [Fact]
    public async Task Nobody_decides_on_their_own_claim()
    {
        var me = Playing.NewPerson();
        var claim = await Pending(user: me);
        (await app.Anonymous.As(app.PersonToken(me, Role.Operator)).Post($"/v1/claims/{claim.Claim.Id}/approve")).Refused(403, "own_claim");
        (await app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Auditor)).Post($"/v1/claims/{claim.Claim.Id}/approve")).Refused(403, "forbidden");
        (await _operator.Post($"/v1/claims/{Playing.NewPerson()}/approve")).Refused(404, "not_found");
        (await _operator.Post($"/v1/claims/{claim.Claim.Id}/reject", new { })).Refused(400, "malformed_body");
    }

    [Fact]
    public async Task Of_many_who_decide_at_once_one_does_and_stock_and_points_agree_with_it()
    {
        for (var round = 0; round < 25; round++)
        {
            var (claim, player) = await Pending(stock: 1);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0
                ? _operator.Post($"/v1/claims/{claim.Id}/approve")
                : _operator.Post($"/v1/claims/{claim.Id}/reject", new { reason = "no" })));

            Assert.Single(answers, answer => answer.Status == 200);
            Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.Refused(409, "already_decided"));
            var isPaid = (string)(await _operator.Get($"/v1/claims/{claim.Id}")).Is(200).Json["status"]! == "completed";
            Assert.Equal(isPaid ? 10 : 0, await Points(player));
            Assert.Equal(isPaid ? 0 : 1, (int)(await player.Get($"/v1/me/progress/{claim.Event}")).Is(200).Json["offers"]![0]!["stockLeft"]!);
        }
    }

    private async Task<((string Id, string Event) Claim, Api Player)> Pending(long? stock = null, Guid? user = null)
    {
        var me = user ?? Playing.NewPerson();
        var type = Playing.NewUser();
        var reward = await _operator.CreatesReward();
        object offer = stock is { } units ? new { rewardId = reward, requiresApproval = true, stock = units } : new { rewardId = reward, requiresApproval = true };
        var @event = await _operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [offer] });
        (await app.GameServer().Reports(Playing.Did(me.ToString(), type, app.Clock.GetUtcNow()))).Is(200);
        var player = app.Anonymous.As(app.PersonToken(me));
        var claim = (await player.Post($"/v1/events/{@event}/claims", new { })).Is(201).Json["claims"]![0]!;
        Assert.Equal("pending", (string)claim["status"]!);
        return (((string)claim["id"]!, @event), player);
    }

    private static async Task<long> Points(Api player) => (long)(await player.Get("/v1/me/points")).Is(200).Json["balance"]!;
}

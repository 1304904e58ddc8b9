using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Claims;

/// <summary>Claims that nobody decides about in time.</summary>
public sealed class DeadlinesOfApproval(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Guid _me = Playing.NewPerson();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Tokens are short-lived, and here hours go by.</summary>
    private Api Operator => app.Me(_me, Role.Operator);

    [Theory]
    [InlineData("approve", "completed", 10, 0)]
    [InlineData("reject", "rejected", 0, 1)]
    public async Task What_the_offer_said_happens_when_the_time_has_come(string outcome, string status, long points, int left)
    {
        var player = Playing.NewPerson();
        var offered = await Offers(outcome, stock: 1);
        var id = (await app.Pending(offered, player)).Single();
        var shown = await Operator.Claim(id);
        Assert.Equal(TimeSpan.FromHours(1), (DateTimeOffset)shown["decideBy"]! - (DateTimeOffset)shown["createdAt"]!);
        Assert.Equal(outcome, (string)shown["onDeadline"]!);

        app.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.True(async () => await Operator.StatusOf(id) == status);
        var decided = await Operator.Claim(id);
        Assert.Equal("laurel deadline", $"{decided["decidedBy"]} {decided["reason"]}");
        Assert.Equal(points, await app.Points(player));
        Assert.Equal(left, (int)(await app.Me(player).Progress(offered.Event))["offers"]![0]!["stockLeft"]!);
        if (status == "rejected")
            (await app.Me(player).Claims(offered.Event)).Refused(409, "claim_rejected");
        (await Operator.Post($"/v1/claims/{id}/approve")).Refused(409, "already_decided");
        Assert.Equal(1L, await app.Events.QueryOne(
            "SELECT count(*) FROM audit WHERE subject_id = $1 AND actor_kind = 'laurel'", row => row.GetInt64(0), [id], Cancellation));
    }

    [Fact]
    public async Task A_claim_keeps_what_it_was_promised()
    {
        var (before, after) = (Playing.NewPerson(), Playing.NewPerson());
        var offered = await Offers("approve");
        var first = (await app.Pending(offered, before)).Single();
        var offer = (string)(await Operator.Get($"/v1/events/{offered.Event}")).Is(200).Json["offers"]![0]!["id"]!;
        (await Operator.Patches($"/v1/events/{offered.Event}/offers/{offer}", new { onDeadline = "reject", approvalDeadlineSeconds = 60 })).Is(200);
        var second = (await app.Pending(offered, after)).Single();

        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await Eventually.True(async () => await Operator.StatusOf(second) == "rejected");
        Assert.Equal("pending", await Operator.StatusOf(first));
        app.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.True(async () => await Operator.StatusOf(first) == "completed");
    }

    [Fact]
    public async Task A_full_wallet_holds_up_nobody()
    {
        var (full, others) = (Playing.NewPerson(), Enumerable.Range(0, 5).Select(_ => Playing.NewPerson()).ToArray());
        await app.Events.Execute("INSERT INTO balances (user_id, balance) VALUES ($1, 9007199254740991)", [$"{full}"], Cancellation);
        var ids = await app.Pending(await Offers("approve"), [full, .. others]);

        app.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var id in ids[1..])
            await Eventually.True(async () => await Operator.StatusOf(id) == "completed");
        await Eventually.True(async () => (DateTimeOffset)(await Operator.Claim(ids[0]))["decideBy"]! > app.Clock.GetUtcNow());
        await app.Events.Execute("UPDATE balances SET balance = 0 WHERE user_id = $1", [$"{full}"], Cancellation);
        app.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.True(async () => await Operator.StatusOf(ids[0]) == "completed");
    }

    [Fact]
    public async Task A_user_whom_the_game_calls_laurel_is_decided_about_too()
    {
        var offered = await Offers("approve");
        (await app.GameServer().Reports(Playing.Did("laurel", offered.Type, app.Clock.GetUtcNow()))).Is(200);
        await app.Services.GetRequiredService<Laurel.Events.Claims.Claiming>().Claim(
            new ClaimWish("laurel", new Laurel.Events.EventId(Guid.Parse(offered.Event)), null, null, ClaimOrigin.User), Cancellation);
        var id = (string)(await Operator.Get("/v1/claims?userId=laurel")).Is(200).Json["items"]![0]!["id"]!;
        app.Clock.Advance(TimeSpan.FromHours(1));
        await Eventually.True(async () => await Operator.StatusOf(id) == "completed");
    }

    [Theory]
    [InlineData("""{"approvalDeadlineSeconds": 3600}""", "onDeadline", "together")]
    [InlineData("""{"onDeadline": "reject"}""", "onDeadline", "together")]
    [InlineData("""{"onDeadline": "reject", "approvalDeadlineSeconds": 59}""", "approvalDeadlineSeconds", "out_of_range")]
    [InlineData("""{"onDeadline": "reject", "approvalDeadlineSeconds": 31622401}""", "approvalDeadlineSeconds", "out_of_range")]
    [InlineData("""{"onDeadline": "reject", "approvalDeadlineSeconds": 3600, "requiresApproval": false}""", "onDeadline", "needs_approval")]
    public async Task A_deadline_that_makes_no_sense_is_refused(string json, string path, string code)
    {
        var @event = await Operator.Creates(app.Draft());
        var body = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
        body["rewardId"] = await Operator.CreatesReward();
        body["requiresApproval"] ??= true;
        (await Operator.Post($"/v1/events/{@event}/offers", body)).Refused(422, "rule_broken").Because(path, code);
        body["onDeadline"] = "maybe";
        (await Operator.Post($"/v1/events/{@event}/offers", body)).Refused(400, "malformed_body").Because("onDeadline", "wrong_kind");
    }

    private Task<(string Event, string Type)> Offers(string onDeadline, long? stock = null) => app.Offers(
        Operator, reward => new { rewardId = reward, requiresApproval = true, approvalDeadlineSeconds = 3600, onDeadline, stock });
}

using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Laurel.Tests.Events.Claims;

/// <summary>Offers that claim themselves.</summary>
public sealed class ClaimedForUsers(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_earned_comes_by_itself_and_once()
    {
        var (@event, type) = await Runs();
        var player = Playing.NewPerson();
        await Does(player, type);
        var claim = await Claimed(player);
        Assert.Equal("completed auto", $"{claim["status"]} {claim["origin"]}");
        (await Me(player).Post($"/v1/events/{@event}/claims", new { })).Refused(409, "already_claimed");
        await Does(player, type);
        await AllSettled();
        Assert.Equal(10, await Points(player));
    }

    [Fact]
    public async Task What_needs_approval_waits_for_it()
    {
        var (_, type) = await Runs(offer: reward => new { rewardId = reward, autoClaim = true, requiresApproval = true });
        var player = Playing.NewPerson();
        await Does(player, type);
        var claim = await Claimed(player);
        Assert.Equal("pending auto", $"{claim["status"]} {claim["origin"]}");
        Assert.Equal(0, await Points(player));
        (await _operator.Post($"/v1/claims/{claim["id"]}/approve")).Is(200);
        Assert.Equal(10, await Points(player));
    }

    [Fact]
    public async Task Of_a_stock_there_are_as_many_claims_as_units()
    {
        var (@event, type) = await Runs(offer: reward => new { rewardId = reward, autoClaim = true, stock = 7 });
        var players = Enumerable.Range(0, 50).Select(_ => Playing.NewPerson()).ToArray();
        await Does(players, type);
        await AllSettled();
        Assert.Equal(7, await Claims(@event));
        Assert.Equal(7, (await Task.WhenAll(players.Select(Points))).Count(points => points == 10));
    }

    [Fact]
    public async Task What_an_event_owes_while_it_is_off_comes_when_it_is_switched_on_again()
    {
        var (@event, type) = await Runs();
        var player = Playing.NewPerson();
        await WhileNobodyClaims(async () =>
        {
            await Does(player, type);
            (await _operator.SwitchesOff(@event)).Is(200);
        });
        await AllSettled();
        Assert.Equal(0, await Claims(@event));

        (await _operator.Activates(@event)).Is(200);
        await Claimed(player);
        Assert.Equal(1, await Claims(@event));
    }

    [Fact]
    public async Task What_was_taken_back_before_it_was_claimed_is_not_paid_and_comes_when_it_is_earned_again()
    {
        var (@event, type) = await Runs();
        await _operator.Settles(@event);
        var player = Playing.NewPerson();
        await WhileNobodyClaims(async () =>
        {
            await Does(player, type, "first");
            var voided = (await _operator.Post("/v1/activities/void", new { reason = "Wrong", activities = new[] { new { userId = $"{player}", id = "first" } } })).Is(202);
            await _operator.Job(voided.Headers.Location!.ToString());
        });
        await AllSettled();
        Assert.Equal(0, await Claims(@event));

        await Does(player, type, "second");
        await Claimed(player);
        Assert.Equal(10, await Points(player));
    }

    [Fact]
    public async Task An_offer_that_begins_to_claim_itself_does_so_for_those_who_have_earned_it()
    {
        var (@event, type) = await Runs(offer: reward => new { rewardId = reward });
        var (early, fast, late) = (Playing.NewPerson(), Playing.NewPerson(), Playing.NewPerson());
        await Does([early, fast], type);
        await Does(late, "something_else");
        (await Me(fast).Post($"/v1/events/{@event}/claims", new { })).Is(201);
        var offer = (string)(await _operator.Get($"/v1/events/{@event}")).Is(200).Json["offers"]![0]!["id"]!;
        (await _operator.Patches($"/v1/events/{@event}/offers/{offer}", new { autoClaim = true })).Is(200);

        await Claimed(early);
        await _operator.Jobs(@event);
        await AllSettled();
        Assert.Equal((10L, 10L, 0L), (await Points(early), await Points(fast), await Points(late)));
        Assert.Equal(2, await Claims(@event));
    }

    [Fact]
    public async Task A_full_wallet_holds_up_nobody_and_is_tried_again_later()
    {
        var (@event, type) = await Runs();
        var (full, others) = (Playing.NewPerson(), Enumerable.Range(0, 20).Select(_ => Playing.NewPerson()).ToArray());
        await app.Events.Execute("INSERT INTO balances (user_id, balance) VALUES ($1, 9007199254740991)", [$"{full}"], Cancellation);
        await WhileNobodyClaims(() => Does([full, .. others], type));

        foreach (var other in others)
            await Claimed(other);
        await Eventually.True(async () => await app.Events.QueryOne(
            "SELECT attempts = 1 AND due_at < now() + interval '20 s' FROM claim_due WHERE user_id = $1", row => row.GetBoolean(0), [$"{full}"], Cancellation));
        Assert.Equal(20, await Claims(@event));

        await app.Events.Execute("UPDATE balances SET balance = 0 WHERE user_id = $1", [$"{full}"], Cancellation);
        await app.Events.Execute("UPDATE claim_due SET due_at = now() WHERE user_id = $1", [$"{full}"], Cancellation);
        await Claimed(full);
        await AllSettled();
    }

    [Fact]
    public async Task One_that_cannot_be_claimed_at_all_holds_up_nobody()
    {
        var (@event, type) = await Runs();
        var (broken, others) = (Playing.NewPerson(), Enumerable.Range(0, 20).Select(_ => Playing.NewPerson()).ToArray());
        // Another claim of theirs in the same window is none that can be read.
        await app.Events.Execute(
            """
            INSERT INTO claims (created_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
            VALUES (now(), 0, 0, '2000-01-01', gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), $2, 'completed', 'user', '', '[{"type": "none of ours"}]')
            """, [Guid.Parse(@event), $"{broken}"], Cancellation);
        await WhileNobodyClaims(() => Does([broken, .. others], type));

        foreach (var other in others)
        {
            await app.Events.Execute("UPDATE claim_due SET due_at = now() WHERE user_id <> $1", [$"{broken}"], Cancellation);
            await Claimed(other);
        }

        Assert.Equal(1L, await app.Events.QueryOne("SELECT count(*) FROM claim_due WHERE user_id = $1", row => row.GetInt64(0), [$"{broken}"], Cancellation));
        await app.Events.Execute("DELETE FROM claims WHERE user_id = $1", [$"{broken}"], Cancellation);
        await app.Events.Execute("UPDATE claim_due SET due_at = now()", [], Cancellation);
        await Claimed(broken);
        await AllSettled();
    }

    [Fact]
    public async Task What_is_earned_a_little_before_its_window_begins_is_claimed_when_it_has_begun()
    {
        var type = Playing.NewUser();
        var start = app.Clock.GetUtcNow().AddMinutes(3);
        var @event = await _operator.Runs(new DraftEvent(start, start.AddDays(3), Goal.Count(type, 1)) { Offers = [new { rewardId = await _operator.CreatesReward(), autoClaim = true }] });
        var player = Playing.NewPerson();
        (await app.GameServer().Reports(Playing.Did($"{player}", type, start.AddMinutes(1)))).Is(200);
        await Eventually.True(() => app.Events.QueryOne("SELECT attempts > 0 FROM claim_due WHERE user_id = $1", row => row.GetBoolean(0), [$"{player}"], Cancellation));
        Assert.Equal(0, await Claims(@event));

        app.Clock.Advance(TimeSpan.FromMinutes(4));
        await Claimed(player);
        await AllSettled();
    }

    [Fact]
    public async Task A_note_that_was_made_anew_is_not_settled_by_who_has_seen_the_older()
    {
        var (@event, type) = await Runs();
        var player = Playing.NewPerson();
        await WhileNobodyClaims(async () =>
        {
            await Does(player, type);
            var seen = Assert.Single(await DueClaims.Take(app.Events, 1, Cancellation));
            Assert.Empty(await DueClaims.Take(app.Events, 1, Cancellation));
            (await _operator.Post($"/v1/events/{@event}/replay")).Is(202);
            await _operator.Jobs(@event);

            await using var connection = await app.Events.OpenConnectionAsync(Cancellation);
            await DueClaims.Settle(connection, [seen]);
            Assert.Equal(2, await app.Events.QueryOne("SELECT version FROM claim_due WHERE user_id = $1", row => row.GetInt32(0), [$"{player}"], Cancellation));
        });
        await Claimed(player);
        await AllSettled();
    }

    [Fact]
    public async Task After_the_claim_period_nothing_is_claimed_and_no_note_stays()
    {
        var type = Playing.NewUser();
        var now = app.Clock.GetUtcNow();
        var draft = new DraftEvent(now.AddDays(-1), now.AddMinutes(1), Goal.Count(type, 1)) { ClaimWithinSeconds = 60 };
        var @event = await _operator.Runs(draft with { Offers = [new { rewardId = await _operator.CreatesReward(), autoClaim = true }] });
        await WhileNobodyClaims(async () =>
        {
            await Does(Playing.NewPerson(), type);
            app.Clock.Advance(TimeSpan.FromMinutes(3));
        });
        await AllSettled();
        Assert.Equal(0, await Claims(@event));
    }

    private async Task<(string Event, string Type)> Runs(Func<string, object>? offer = null)
    {
        var type = Playing.NewUser();
        var reward = await _operator.CreatesReward();
        return (await _operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [offer?.Invoke(reward) ?? new { rewardId = reward, autoClaim = true }] }), type);
    }

    private Task Does(Guid player, string type, string? id = null) => Does([player], type, id);

    private async Task Does(Guid[] players, string type, string? id = null) =>
        (await app.GameServer().Reports([.. players.Select(player => Playing.Did($"{player}", type, app.Clock.GetUtcNow(), id))])).Is(200);

    private Api Me(Guid player) => app.Anonymous.As(app.PersonToken(player));

    private async Task<long> Points(Guid player) => (long)(await Me(player).Get("/v1/me/points")).Is(200).Json["balance"]!;

    private async Task<System.Text.Json.Nodes.JsonNode> Claimed(Guid player)
    {
        System.Text.Json.Nodes.JsonNode? claim = null;
        await Eventually.True(async () => (claim = (await _operator.Get($"/v1/claims?userId={player}")).Is(200).Json["items"]!.AsArray().SingleOrDefault()) is not null);
        return claim!;
    }

    private Task<long> Claims(string @event) =>
        app.Events.QueryOne("SELECT count(*) FROM claims WHERE event_id = $1", row => row.GetInt64(0), [Guid.Parse(@event)], Cancellation);

    private Task AllSettled() =>
        Eventually.True(() => app.Events.QueryOne("SELECT count(*) = 0 FROM claim_due", row => row.GetBoolean(0), [], Cancellation));

    private async Task WhileNobodyClaims(Func<Task> act)
    {
        var claiming = app.Services.GetServices<IHostedService>().OfType<AutoClaiming>().ToList();
        foreach (var one in claiming)
            await one.StopAsync(Cancellation);
        try
        {
            await act();
        }
        finally
        {
            foreach (var one in claiming)
                await one.StartAsync(Cancellation);
        }
    }
}

using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Claims;

/// <summary>Claims that cannot be granted, and what is said of them.</summary>
public sealed class BadClaims(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Somebody(Role.Operator);
    private readonly Guid _player = Playing.NewPerson();

    private Api Me => app.Me(_player);

    [Fact]
    public async Task Before_the_start_and_after_the_claim_period_nothing_is_granted()
    {
        var type = Playing.NewUser();
        var start = app.Clock.GetUtcNow().AddMinutes(4);
        var draft = new DraftEvent(start, start.AddHours(2), Goal.Count(type, 1)) { ClaimWithinSeconds = 3600 };
        var @event = await _operator.Runs(draft);
        (await app.GameServer().Reports(Playing.Did($"{_player}", type, start.AddSeconds(1)))).Is(200);
        (await Me.Claims(@event)).Refused(409, "event_not_running");

        app.Clock.Advance(TimeSpan.FromHours(3) + TimeSpan.FromMinutes(4));
        (await Me.Claims(@event)).Refused(409, "event_not_running");
        app.Clock.Advance(TimeSpan.FromMinutes(-1));
        (await Me.Claims(@event)).Is(201);
    }

    [Fact]
    public async Task What_is_off_a_draft_or_of_another_event_is_not_granted()
    {
        var (offered, other) = (await app.Offers(_operator), await app.Offers(_operator));
        await app.Earns(offered.Type, _player);
        var foreign = (string)(await _operator.Get($"/v1/events/{other.Event}")).Is(200).Json["offers"]![0]!["id"]!;
        (await Me.Post($"/v1/events/{offered.Event}/claims", new { offerId = foreign })).Refused(404, "not_found");
        (await Me.Claims(await _operator.Creates(app.Draft()))).Refused(404, "not_found");
        (await Me.Post($"/v1/events/{offered.Event}/claims", new { window = "2020-01-01" })).Refused(404, "not_found");

        (await _operator.SwitchesOff(offered.Event)).Is(200);
        (await Me.Claims(offered.Event)).Refused(409, "event_not_running");
        (await _operator.Activates(offered.Event)).Is(200);
        (await Me.Claims(offered.Event)).Is(201);
    }

    [Fact]
    public async Task Whoever_is_too_early_hears_which_goals_are_missing_and_by_how_much()
    {
        var (kills, gold) = (Playing.NewUser(), Playing.NewUser());
        var @event = await _operator.Runs(app.Draft(Goal.All(Goal.Count(kills, 2), Goal.Sum(gold, 100), Goal.Count(kills, 1))));
        (await app.GameServer().Reports(
            Playing.Did($"{_player}", kills, app.Clock.GetUtcNow()), Playing.Did($"{_player}", gold, app.Clock.GetUtcNow(), value: 60))).Is(200);
        var missing = (await Me.Claims(@event)).Refused(422, "condition_not_met").Json["missing"]!.AsArray();
        Assert.Equal(
            [("condition.of[0]", 1, 2, 1), ("condition.of[1]", 60, 100, 40)],
            missing.Select(leaf => ((string)leaf!["path"]!, (int)leaf["current"]!, (int)leaf["target"]!, (int)leaf["missing"]!)));
    }

    [Fact]
    public async Task Twice_or_too_late_or_of_a_closed_offer_nothing_is_granted()
    {
        var late = Playing.NewPerson();
        var offered = await app.Offers(_operator, reward => new { rewardId = reward, stock = 1 });
        await app.Earns(offered.Type, _player, late);
        var claim = (await Me.Claims(offered.Event)).Is(201).Json["claims"]![0]!;
        Assert.Equal((string)claim["id"]!, (string)(await Me.Claims(offered.Event)).Refused(409, "already_claimed").Json["claim"]!["id"]!);
        (await app.Me(late).Claims(offered.Event)).Refused(409, "sold_out");

        var offer = (string)claim["offerId"]!;
        (await _operator.Patches($"/v1/events/{offered.Event}/offers/{offer}", new { closed = true, stock = 2 })).Is(200);
        (await app.Me(late).Post($"/v1/events/{offered.Event}/claims", new { offerId = offer })).Refused(409, "offer_closed");
        (await app.Me(late).Claims(offered.Event)).Refused(409, "offer_closed");
    }

    [Fact]
    public async Task A_body_or_a_key_that_is_none_is_refused()
    {
        var offered = await app.Offers(_operator);
        await app.Earns(offered.Type, _player);
        var path = $"/v1/events/{offered.Event}/claims";
        (await Me.Post(path, new { userId = Playing.NewPerson() })).Refused(400, "malformed_body").Because("userId", "unknown_field");
        (await Me.Post(path, new { offerId = "none" })).Refused(400, "malformed_body");
        (await Me.Post(path, new { window = "yesterday" })).Refused(400, "malformed_body");
        (await Me.Post("/v1/events/none/claims", new { })).Refused(404, "not_found");
        (await app.Anonymous.Post(path, new { })).Refused(401, "unauthenticated");
        foreach (var key in new[] { new string('k', 256), "a b" })
            (await Keyed(key, new { })).Refused(400, "bad_request");
        (await Me.Send(HttpMethod.Post, path, Api.Json(new { }), ("Idempotency-Key", "one"), ("Idempotency-Key", "two"))).Refused(400, "bad_request");
        Assert.Equal(0, await app.Points(_player));

        var granted = (await Keyed(new string('k', 255), new { })).Is(201);
        Assert.Equal(granted.Text, (await Keyed(new string('k', 255), new { })).Is(201).Text);
        var offer = (string)granted.Json["claims"]![0]!["offerId"]!;
        (await Keyed(new string('k', 255), new { offerId = offer })).Refused(422, "idempotency_key_reused");
        Assert.Equal(10, await app.Points(_player));

        Task<Answer> Keyed(string key, object body) => Me.Send(HttpMethod.Post, path, Api.Json(body), ("Idempotency-Key", key));
    }

    [Fact]
    public async Task Nobody_sees_or_decides_what_is_not_theirs_to_see_or_decide()
    {
        var offered = await app.Offers(_operator, reward => new { rewardId = reward, requiresApproval = true });
        var id = (await app.Pending(offered, _player)).Single();
        (await app.Somebody(Role.User).Get($"/v1/me/claims/{id}")).Refused(404, "not_found");
        (await Me.Get($"/v1/claims/{id}")).Refused(403, "forbidden");
        (await Me.Post($"/v1/claims/{id}/approve")).Refused(403, "forbidden");
        (await app.Somebody(Role.Auditor).Post($"/v1/claims/{id}/approve")).Refused(403, "forbidden");
        (await app.Me(_player, Role.Operator).Post($"/v1/claims/{id}/approve")).Refused(403, "own_claim");
        (await _operator.Post($"/v1/claims/{id}/reject", new { reason = "  " })).Refused(422, "rule_broken").Because("reason", "length");
        (await _operator.Post($"/v1/claims/{id}/cancel", new { reason = "not under way" })).Refused(409, "already_decided");
        (await _operator.Post($"/v1/claims/{id}/approve")).Is(200);
        (await _operator.Post($"/v1/claims/{id}/approve")).Refused(409, "already_decided");
    }
}

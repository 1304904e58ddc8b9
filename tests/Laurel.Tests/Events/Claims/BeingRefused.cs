using System.Text.Json.Nodes;
using Laurel.Events;
using Laurel.Events.Claims;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Claims;

/// <summary>Attempts to claim that are refused are counted, and not without end.</summary>
public sealed class BeingRefused(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _operator = app.Somebody(Role.Operator);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_counted_by_offer_and_reason()
    {
        var player = Playing.NewPerson();
        var offered = await app.Offers(_operator);
        var offer = (string)(await _operator.Get($"/v1/events/{offered.Event}")).Is(200).Json["offers"]![0]!["id"]!;
        for (var i = 0; i < 3; i++)
            (await app.Me(player).Claims(offered.Event)).Refused(422, "condition_not_met");
        await app.Earns(offered.Type, player);
        (await app.Me(player).Claims(offered.Event)).Is(201);
        (await app.Me(player).Post($"/v1/events/{offered.Event}/claims", new { offerId = offer })).Refused(409, "already_claimed");
        (await _operator.SwitchesOff(offered.Event)).Is(200);
        (await app.Me(player).Claims(offered.Event)).Refused(409, "event_not_running");
        // Of what is not there nobody can make rows.
        (await app.Me(player).Post($"/v1/events/{Playing.NewPerson()}/claims", new { })).Refused(404, "not_found");
        (await app.Me(player).Post($"/v1/events/{offered.Event}/claims", new { offerId = Playing.NewPerson() })).Refused(404, "not_found");

        // Each process writes its own down, a while later.
        await Eventually.True(async () => (await Attempts($"userId={player}")).Sum(one => (int)one["count"]!) == 5);
        var all = await Attempts($"userId={player}");
        Assert.Equal(
            [(null, "event_not_running", 1), (offer, "already_claimed", 1), (offer, "condition_not_met", 3)],
            all.Select(one => ((string?)one["offerId"], (string)one["code"]!, (int)one["count"]!)));
        Assert.Single(await Attempts($"userId={player}&code=already_claimed&eventId={offered.Event}&offerId={offer}"));
        Assert.Equal(2, (await Attempts($"userId={player}&offerId={offer}")).Count);
        var now = app.Clock.GetUtcNow();
        Assert.Empty(await Attempts($"userId={player}&from={Uri.EscapeDataString(now.AddMinutes(1).ToString("O"))}"));
        Assert.Empty(await Attempts($"userId={player}&to={Uri.EscapeDataString(now.AddMinutes(-1).ToString("O"))}"));
        Assert.Equal(3, (await Attempts($"userId={player}&from={Uri.EscapeDataString(now.AddMinutes(-1).ToString("O"))}")).Count);
        (await app.Me(player).Get("/v1/claims/attempts")).Refused(403, "forbidden");
    }

    [Fact]
    public async Task A_user_has_so_many_rows_a_day_and_no_more_however_they_come()
    {
        var store = app.Services.GetRequiredService<RefusedClaimStore>();
        var (user, now) = (Playing.NewUser(), app.Clock.GetUtcNow());
        var all = Enumerable.Range(0, RefusedClaimStore.MaxOfUser + 50).Select(i => Refused(user, $"code-{i:000}", now)).ToList();
        Assert.Equal(0, await store.Add(all[..80], Cancellation));
        Assert.Equal(50, await store.Add(all[80..], Cancellation));
        Assert.Equal(0, await store.Add(all[..RefusedClaimStore.MaxOfUser], Cancellation));
        Assert.Equal(0, await store.Add([Refused(user, "another day", now.AddDays(1))], Cancellation));

        Assert.Equal((RefusedClaimStore.MaxOfUser + 1, RefusedClaimStore.MaxOfUser * 2 + 1), await app.Events.QueryOne(
            "SELECT count(*)::int, sum(count)::int FROM refused_claims WHERE user_id = $1", row => (row.GetInt32(0), row.GetInt32(1)), [user], Cancellation));
    }

    [Fact]
    public async Task They_are_forgotten_after_a_month()
    {
        var store = app.Services.GetRequiredService<RefusedClaimStore>();
        var (user, now) = (Playing.NewUser(), app.Clock.GetUtcNow());
        await store.Add([Refused(user, "old", now.AddDays(-31)), Refused(user, "young", now.AddDays(-29))], Cancellation);
        await store.Forget(Cancellation);
        Assert.Equal(["young"], (await Attempts($"userId={user}")).Select(one => (string)one["code"]!));
    }

    [Fact]
    public async Task Several_processes_count_the_same_without_losing_any()
    {
        var store = app.Services.GetRequiredService<RefusedClaimStore>();
        var (users, now) = (Enumerable.Range(0, 50).Select(_ => Playing.NewUser()).Order(StringComparer.Ordinal).ToList(), app.Clock.GetUtcNow());
        var @event = new EventId(Playing.NewPerson());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.Add(users.ConvertAll(user => Refused(user, "sold_out", now, @event)), Cancellation)));
        Assert.Equal((50, 400), await app.Events.QueryOne(
            "SELECT count(*)::int, sum(count)::int FROM refused_claims WHERE event_id = $1", row => (row.GetInt32(0), row.GetInt32(1)), [@event.Value], Cancellation));
    }

    private static KeyValuePair<RefusedKey, RefusedCount> Refused(string user, string code, DateTimeOffset at, EventId? @event = null) => new(
        new RefusedKey(user, DateOnly.FromDateTime(at.UtcDateTime), @event ?? new EventId(Guid.Empty), null, code), new RefusedCount(1, at, at));

    private async Task<List<JsonNode>> Attempts(string query) =>
        [.. (await app.Somebody(Role.Auditor).Get($"/v1/claims/attempts?{query}")).Is(200).Json["items"]!.AsArray().Select(one => one!)];
}

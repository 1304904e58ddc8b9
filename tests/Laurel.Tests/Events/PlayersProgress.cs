using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

public sealed class PlayersProgress(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task A_check_in_counts_once_a_quarter_of_an_hour_and_answers_where_one_stands()
    {
        // From just after a quarter of an hour has begun, so that it is known when the next one does.
        var quarter = TimeSpan.FromMinutes(15).Ticks;
        app.Clock.Advance(TimeSpan.FromTicks(quarter - app.Clock.GetUtcNow().Ticks % quarter));
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var days = await @operator.Runs(app.Draft(Goal.Attendance(2)));
        var times = await @operator.Runs(app.Draft(Goal.Count("check_in", 9)));
        var hunt = await @operator.Runs(app.Draft(Goal.Count("hunt", 9)));
        app.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromTicks(Now.UtcTicks % TimeSpan.FromMinutes(15).Ticks));
        var player = (await app.SignedIn()).Api;

        var answer = await player.Post("/v1/me/check-ins", new { });
        Assert.Equal(1, Of(answer, days).Current());
        Assert.Equal(1, Of(answer, times).Current());
        Assert.DoesNotContain(answer.Json["events"]!.AsArray(), one => one!["eventId"]!.GetValue<string>() == hunt);

        var attempts = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => player.Post("/v1/me/check-ins")));
        Assert.All(attempts, attempt => Assert.Equal(1, Of(attempt, times).Current()));
        (await player.Post("/v1/me/check-ins", new { note = "x" })).Refused(400, "malformed_body");
        app.Clock.Advance(TimeSpan.FromMinutes(8));
        Assert.Equal(1, Of(await player.Post("/v1/me/check-ins"), times).Current());

        // The next quarter; with a new session, since access tokens live ten minutes.
        var actor = await app.SignedIn();
        Assert.Equal(1, Of(await actor.Api.Post("/v1/me/check-ins"), times).Current());
        app.Clock.Advance(TimeSpan.FromMinutes(8));
        Assert.Equal(2, Of(await actor.Api.Post("/v1/me/check-ins"), times).Current());
        Assert.Equal(1, Of(await actor.Api.Post("/v1/me/check-ins"), days).Current());
    }

    [Fact]
    public async Task A_session_is_as_long_as_its_heartbeats_and_no_client_can_make_it_longer()
    {
        var @event = await (await app.SignedIn(Role.Operator)).Api.Runs(app.Draft(Goal.SessionTime(600)));
        var player = (await app.SignedIn()).Api;
        async Task<long> Beat(double later)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(later));
            return (await player.Put("/v1/me/presence")).Is(200).Json["countedSeconds"]!.GetValue<long>();
        }

        Assert.Equal(0, await Beat(0));
        Assert.InRange(await Beat(60), 60, 69);
        // Too little to be worth an activity, and not lost.
        Assert.Equal(0, await Beat(2));
        Assert.InRange(await Beat(12), 13, 24);
        // A silence of more than two minutes is no play.
        Assert.Equal(0, await Beat(130));
        Assert.InRange(await Beat(90), 90, 99);
        var before = (await player.Progress(@event)).Current();
        Assert.InRange(before, 163, 192);

        // Many at once count the time once.
        app.Clock.Advance(TimeSpan.FromSeconds(60));
        var counted = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Beat(0)));
        Assert.InRange(counted.Sum(), 60, 69);
        Assert.Equal(before + counted.Sum(), (await player.Progress(@event)).Current());
        (await player.Put("/v1/me/presence", new { seconds = 3600 })).Refused(400, "malformed_body");
    }

    [Fact]
    public async Task An_event_that_repeats_begins_anew_and_says_when()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var midnight = new DateTimeOffset(Now.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
        var daily = await @operator.Runs(app.Draft(Goal.Count("pray", 2)) with { Repeats = "daily", TimeZone = "UTC" });
        var actor = await app.SignedIn();
        var me = actor.Account.Id.Value.ToString();
        await app.GameServer().Reports(Playing.Did(me, "pray", Now), Playing.Did(me, "pray", Now));

        var today = await actor.Api.Progress(daily);
        Assert.Equal(2, today.Current());
        Assert.True(today["offers"]![0]!["claimable"]!.GetValue<bool>());
        Assert.Equal(midnight, today["nextResetAt"]!.GetValue<DateTimeOffset>());
        var key = DateOnly.FromDateTime(Now.UtcDateTime);

        app.Clock.Advance(midnight - Now);
        var player = (await app.SignedIn()).Api;
        Assert.Equal(0, (await player.Progress(daily)).Current());
        var before = (await player.Get($"/v1/me/progress/{daily}?window={key:yyyy-MM-dd}")).Is(200).Json;
        Assert.Equal(midnight, before["window"]!["end"]!.GetValue<DateTimeOffset>());
        (await player.Get($"/v1/me/progress/{daily}?window=today")).Refused(400, "bad_query").Because("window", "bad_value");
        (await player.Get($"/v1/me/progress/{daily}?window=2001-01-01")).Refused(404, "not_found");
    }

    [Fact]
    public async Task Drafts_are_not_there_and_what_does_not_run_says_so()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var player = (await app.SignedIn()).Api;
        var draft = await @operator.Creates(app.Draft());
        var upcoming = await @operator.Runs(app.Draft() with { StartsAt = Now.AddDays(1) });
        var off = await @operator.Runs(app.Draft());
        (await @operator.SwitchesOff(off)).Is(200);

        (await player.Get($"/v1/me/progress/{draft}")).Refused(404, "not_found");
        (await player.Get($"/v1/me/progress/{Guid.Empty}")).Refused(404, "not_found");
        (await player.Get("/v1/me/progress/seven")).Refused(404, "not_found");
        (await player.Get($"/v1/me/progress/{upcoming}")).Refused(409, "event_not_running");
        (await player.Get($"/v1/me/progress/{off}")).Refused(409, "event_not_running");
        (await player.Get($"/v1/me/progress/{off}?window=2000-01-01")).Refused(409, "event_not_running");
        (await app.Anonymous.Get("/v1/me/progress")).Refused(401, "unauthenticated");
        var listed = (await player.Get("/v1/me/progress?limit=200")).Is(200).Json["items"]!.AsArray().Select(one => one!["eventId"]!.GetValue<string>()).ToList();
        Assert.Empty(listed.Intersect([draft, upcoming, off]));
    }

    [Fact]
    public async Task Milestones_stand_side_by_side_and_what_is_sold_out_cannot_be_claimed()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var plenty = await @operator.CreatesReward();
        var few = await Limited(@operator, 7);
        var none = await Limited(@operator, 0);
        var @event = await @operator.Runs(app.Draft(Goal.Count("row", 3)) with
        {
            Offers =
            [
                new { rewardId = plenty },
                new { rewardId = few, condition = Goal.Count("row", 1), stock = 9 },
                new { rewardId = none, condition = Goal.Count("row", 2) },
            ],
        });
        var actor = await app.SignedIn();
        var me = actor.Account.Id.Value.ToString();
        await app.GameServer().Reports(Playing.Did(me, "row", Now), Playing.Did(me, "row", Now));

        var offers = (await actor.Api.Progress(@event))["offers"]!.AsArray();
        Assert.Equal([false, true, true], offers.Select(offer => offer!["met"]!.GetValue<bool>()));
        Assert.Equal([false, true, false], offers.Select(offer => offer!["claimable"]!.GetValue<bool>()));
        Assert.Equal([null, 7L, 0L], offers.Select(offer => offer!["stockLeft"]?.GetValue<long>()));
        Assert.Equal(2, offers[1]!["leaves"]![0]!["current"]!.GetValue<long>());
        Assert.Null(offers[0]!["leaves"]);
    }

    [Fact]
    public async Task The_list_is_paged_newest_first()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var events = new List<string>();
        for (var i = 0; i < 5; i++)
            events.Add(await @operator.Runs(app.Draft(Goal.Count($"page{i}", 1))));
        var player = (await app.SignedIn()).Api;
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await player.Get($"/v1/me/progress?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Is(200).Json;
            seen.AddRange(page["items"]!.AsArray().Select(one => one!["eventId"]!.GetValue<string>()));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        Assert.Equal(events.AsEnumerable().Reverse(), seen.Where(events.Contains));
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    private static async Task<string> Limited(Api @operator, long stock) =>
        (await @operator.Post("/v1/rewards", new { name = "Limited", contents = new[] { new { type = "points", amount = 1 } }, stock })).Is(201).Field("id");

    private static JsonNode Of(Answer answer, string @event) =>
        answer.Is(200).Json["events"]!.AsArray().Single(one => one!["eventId"]!.GetValue<string>() == @event)!;
}

using System.Text.Json.Nodes;
using Laurel.Events;
using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laurel.Tests.Events;

/// <summary>Staff page through the users of an event.</summary>
public sealed class LookingAtParticipants(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task Every_user_is_there_once_with_what_they_have_reached_and_met()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (small, large) = (await @operator.CreatesReward(), await @operator.CreatesReward());
        var id = await @operator.Runs(app.Draft(Goal.Count("dig", 3)) with
        {
            Offers = [new { rewardId = small, condition = Goal.Count("dig", 1) }, new { rewardId = large }],
        });
        var offers = (await @operator.Get($"/v1/events/{id}")).Json["offers"]!.AsArray().Select(offer => offer!["id"]!.GetValue<string>()).ToList();
        var users = Enumerable.Range(0, 5).Select(at => $"digger-{at}").ToList();
        foreach (var (at, user) in users.Index().Skip(1))
            (await app.GameServer().Reports([.. Enumerable.Range(0, at).Select(_ => Playing.Did(user, "dig", Now))])).Is(200);

        var auditor = (await app.SignedIn(Role.Auditor)).Api;
        var all = await Pages(auditor, $"/v1/events/{id}/progress?limit=2");

        Assert.Equal(users.Skip(1), all.Select(User));
        Assert.Equal([1, 2, 3, 4], all.Select(one => one.Current()));
        Assert.Equal([false, false, true, true], all.Select(one => one["met"]!.GetValue<bool>()));
        Assert.Equal([[offers[0]], [offers[0]], offers, offers], all.Select(one => one["metOffers"]!.AsArray().Select(offer => offer!.GetValue<string>()).ToList()));
        Assert.Equal("2000-01-01", all[0]["window"]!["key"]!.GetValue<string>());
        Assert.Equal(users[3..], await Users(auditor, $"/v1/events/{id}/progress?completed=true&limit=1"));
        Assert.Equal(users[1..3], await Users(auditor, $"/v1/events/{id}/progress?completed=false"));
        Assert.Equal(users[1..], await Users(auditor, $"/v1/events/{id}/progress?offerId={offers[0]}"));
        Assert.Empty(await Users(auditor, $"/v1/events/{id}/progress?offerId={offers[0]}&completed=false"));
    }

    [Fact]
    public async Task Of_an_event_that_repeats_one_window_can_be_asked_for()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("row", 1)) with { TimeZone = "UTC", Repeats = "daily" });
        await app.GameServer().Reports(Playing.Did("rower", "row", Now), Playing.Did("rower", "row", Now.AddDays(-1)));

        var (today, yesterday) = ($"{Now:yyyy-MM-dd}", $"{Now.AddDays(-1):yyyy-MM-dd}");
        Assert.Equal([yesterday, today], (await Pages(@operator, $"/v1/events/{id}/progress")).Select(Window));
        Assert.Equal([yesterday], (await Pages(@operator, $"/v1/events/{id}/progress?window={yesterday}&completed=true")).Select(Window));
        (await @operator.Get($"/v1/events/{id}/progress?window=yesterday")).Refused(400, "bad_query").Because("window", "bad_value");
    }

    [Fact]
    public async Task A_draft_has_no_users_and_what_is_no_event_is_not_there()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var draft = await @operator.Creates(app.Draft());

        Assert.Empty(await Users(@operator, $"/v1/events/{draft}/progress"));
        (await @operator.Get($"/v1/events/{Guid.Empty}/progress")).Refused(404, "not_found");
        (await @operator.Get($"/v1/events/{draft}/progress?offerId={Guid.Empty}")).Refused(404, "not_found");
        (await @operator.Get($"/v1/events/{draft}/progress?cursor=nonsense")).Refused(400, "invalid_cursor");
        (await (await app.SignedIn()).Api.Get($"/v1/events/{draft}/progress")).Refused(403, "forbidden");
    }

    [Fact]
    public async Task Few_among_many_are_found_by_bounded_statements_with_and_without_statistics()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("fly", 1)));
        await app.Events.Execute("ALTER TABLE progress SET (autovacuum_enabled = off)", [], cancellation);
        await app.Events.Execute(
            """
            INSERT INTO progress (user_id, event_id, window_key, version, epoch, met, state)
            SELECT 'crowd-' || lpad(number::text, 6, '0'), $1, '2000-01-01', 1, (SELECT epoch FROM events WHERE id = $1), 0, $2
            FROM generate_series(1, 100000) AS number
            """,
            [Guid.Parse(id), Progress.Empty.Encode()], cancellation);
        string[] pilots = ["crowd-000007", "crowd-077777", "crowd-099999", "pilot"];
        await app.GameServer().Reports([.. pilots.Select(pilot => Playing.Did(pilot, "fly", Now))]);

        Assert.Equal(pilots, await Users(@operator, $"/v1/events/{id}/progress?completed=true"));
        Assert.Equal(100_000 - 3, await Count(new ParticipantFilter(new EventId(Guid.Parse(id)), Met: false)));
        Assert.Equal(4, await Count(new ParticipantFilter(new EventId(Guid.Parse(id)), Met: true)));

        await PlanIsBounded();
        await app.Events.Execute("ANALYZE progress", [], cancellation);
        await PlanIsBounded();
    }

    /// <summary>Looking at one stretch a page, as where time is short.</summary>
    private async Task<int> Count(ParticipantFilter filter)
    {
        var participants = new Participants(
            app.Services.GetRequiredService<EventsDatabase>(), app.Services.GetRequiredService<EventCatalog>(), app.Clock, NullLogger<Participants>.Instance)
        {
            Patience = TimeSpan.Zero,
        };
        var (count, pages) = (0, 0);
        for (ParticipantKey? next = ParticipantKey.BeforeAll; next is { } after; pages++)
        {
            (var users, next) = await participants.List(filter, after, 20_000, TestContext.Current.CancellationToken);
            count += users.Count;
        }

        Assert.InRange(pages, 11, 12);
        return count;
    }

    private async Task PlanIsBounded()
    {
        var plan = await Plans.Generic(
            app.Services.GetRequiredService<EventsDatabase>().Batches,
            Participants.Statement, "uuid", "text", "date", "int", "bigint", "bigint", "date", "int");

        // A stretch of the index, from where the page before ended; then the rows that are shown, by their keys.
        Assert.Contains("Index Cond: ((ROW(event_id, user_id, window_key) > ROW($1, $2, $3)) AND (event_id <= $1))", plan, StringComparison.Ordinal);
        Assert.Contains("Index Cond: ((event_id = $1) AND (user_id = scanned.user_id) AND (window_key = scanned.window_key))", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
    }

    private static async Task<List<JsonNode>> Pages(Api staff, string path)
    {
        var items = new List<JsonNode>();
        var cursor = "";
        while (true)
        {
            var page = (await staff.Get(path + cursor)).Is(200).Json;
            items.AddRange(page["items"]!.AsArray().Select(item => item!));
            if (page["nextCursor"] is not { } next)
                return items;
            cursor = $"{(path.Contains('?') ? '&' : '?')}cursor={next}";
        }
    }

    private static async Task<List<string>> Users(Api staff, string path) => [.. (await Pages(staff, path)).Select(User)];

    private static string User(JsonNode item) => item["userId"]!.GetValue<string>();

    private static string Window(JsonNode item) => item["window"]!["key"]!.GetValue<string>();
}

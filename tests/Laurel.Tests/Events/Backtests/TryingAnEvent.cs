using System.Text.Json;
using System.Text.Json.Nodes;
using Laurel.Events;
using Laurel.Events.Backtests;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Backtests;

/// <summary>An operator tries an event on what users did, before anybody sees it.</summary>
public sealed class TryingAnEvent(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Midnight in UTC, four days ago.</summary>
    private DateTimeOffset Monday => field == default ? field = new DateTimeOffset(app.Clock.GetUtcNow().UtcDateTime.Date.AddDays(-4), TimeSpan.Zero) : field;

    [Fact]
    public async Task A_draft_says_who_would_have_completed_it_what_it_would_have_cost_and_when_stocks_would_have_run_out()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (small, large) = (await Reward(@operator, 3, Points(10), Item("potion", 2)), await Reward(@operator, null, Points(100), Badge("miner")));
        var id = await @operator.Creates(Draft("mine", large, small));
        var offers = (await @operator.Get($"/v1/events/{id}")).Json["offers"]!.AsArray().Select(offer => offer!["id"]!.GetValue<string>()).ToArray();
        await Mine("mine");

        var answer = (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2) })).Is(200);

        Is(
            answer.Json,
            new
            {
                from = Monday,
                to = Monday.AddDays(2),
                participants = 3,
                completions = new object[]
                {
                    // The event's condition: two in a day. Anna on the first day, Anna and Ben on the second.
                    new { index = 0, offerId = offers[0], rewardId = large, count = 3, granted = 2, byDay = new[] { Day(0, 1), Day(1, 2) } },
                    // Its own: one in a day. Anna and Ben on the first day, all three on the second.
                    new { index = 1, offerId = offers[1], rewardId = small, count = 5, granted = 3, byDay = new[] { Day(0, 2), Day(1, 3) } },
                },
                payout = new object[]
                {
                    new { type = "points", total = 230 },
                    new { type = "item", total = 6, itemId = "potion", name = "potion" },
                    new { type = "badge", total = 2, badgeId = "miner" },
                },
                stockOut = new object[]
                {
                    new { index = 0, offerId = offers[0], at = Monday.AddHours(33) },
                    new { index = 1, rewardId = small, at = Monday.AddHours(25) },
                },
            });
    }

    [Fact]
    public async Task The_same_as_a_job_where_it_takes_longer_than_a_request_should()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (small, large) = (await Reward(@operator, 3, Points(10)), await Reward(@operator, null, Points(100)));
        var id = await @operator.Creates(Draft("dig", large, small));
        await Mine("dig");
        var request = new { from = Monday, to = Monday.AddDays(2) };
        var atOnce = (await @operator.Post($"/v1/events/{id}/backtest", request)).Is(200).Json;

        // Of each process, whichever is asked.
        var all = app.Services.GetServices<Backtesting>().ToList();
        var patience = all[0].Patience;
        try
        {
            all.ForEach(one => one.Patience = TimeSpan.Zero);
            var answer = (await @operator.Post($"/v1/events/{id}/backtest", request)).Is(202);
            var job = await @operator.Job(answer.Headers.Location!.ToString());

            Assert.Equal(("backtest", "done", id), (job["kind"]!.GetValue<string>(), job.Status(), job["eventId"]!.GetValue<string>()));
            Is(job["result"]!, atOnce);
            Assert.Equal(0, job["toGo"]!.GetValue<long>());
            Assert.True(job["done"]!.GetValue<long>() >= 3);
        }
        finally
        {
            all.ForEach(one => one.Patience = patience);
        }
    }

    [Fact]
    public async Task It_goes_on_from_where_it_stood_user_by_user()
    {
        foreach (var user in Enumerable.Range(0, 60))
            await app.GameServer().Reports([.. Enumerable.Range(0, 1 + (user % 3)).Select(at => Playing.Did($"stepper-{user:00}", "step", Monday.AddMinutes((60 * at) + user)))]);
        var plan = new BacktestPlan(
            Monday, Monday.AddDays(1), "UTC", default, Repeats.Daily, new Count("step", 2),
            [new PlannedOffer(new RewardId(Guid.Empty), [new Points(1)], Closed: false, Stock: 7)]);
        var backtesting = app.Services.GetRequiredService<Backtesting>();

        var (cursor, users, steps) = (BacktestCursor.Start with { Size = 1 }, 0L, 0);
        for (var isThrough = false; !isThrough; steps++)
        {
            (cursor, var more, isThrough) = await backtesting.Run(plan, cursor, TimeSpan.Zero, Cancellation);
            cursor = JsonSerializer.Deserialize<BacktestCursor>(JsonSerializer.Serialize(cursor, JsonRules.Options), JsonRules.Options)! with { Size = 7 };
            users += more;
        }

        Assert.InRange(steps, 60 / 7, int.MaxValue);
        Assert.True(users >= 60);
        var result = BacktestResult.Of(plan, cursor.Tally);
        Assert.Equal((60, 40, 7), (result.Participants, result.Completions[0].Count, result.Completions[0].Granted));
        // The second step of user 1, 2, 4, 5, 7, 8, 10: the seventh that completes it.
        Assert.Equal(Monday.AddMinutes(70), result.StockOut.Single().At);
    }

    [Fact]
    public async Task An_event_that_is_not_stored_can_be_tried_in_place_of_one_that_is()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());
        var (small, large) = (await Reward(@operator, 3, Points(10)), await Reward(@operator, null, Points(100)));
        await Mine("saw");

        var answer = (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2), @event = Draft("saw", large, small) })).Is(200);
        Assert.Equal([3, 5], answer.Json["completions"]!.AsArray().Select(offer => offer!["count"]!.GetValue<int>()));
        Assert.All(answer.Json["completions"]!.AsArray(), offer => Assert.Null(offer!["offerId"]));

        var streak = Draft("saw", large, small) with { Condition = Goal.Streak(3, activity: "saw") };
        (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2), @event = streak }))
            .Refused(422, "rule_broken").Because("event.condition.days", "unreachable");
        var unknown = Draft("saw", Guid.Empty.ToString(), small);
        (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2), @event = unknown }))
            .Refused(422, "rule_broken").Because("event.offers[0].rewardId", "unknown_reward");
        (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2), @event = Draft("saw", small, small) }))
            .Refused(409, "reward_already_offered");
        (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2), @event = new { title = "Nothing else" } }))
            .Refused(400, "malformed_body").Because("event.condition", "missing_field");
    }

    [Fact]
    public async Task A_closed_offer_gives_nothing_and_what_was_taken_back_does_not_count()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var reward = await Reward(@operator, null, Points(10));
        var id = await @operator.Creates(Draft("cut", reward, reward) with { Offers = [new { rewardId = reward, closed = true }] });
        await Mine("cut");
        await app.Events.Execute("UPDATE activities SET void_id = gen_random_uuid() WHERE type = 'cut' AND user_id LIKE 'anna%'", [], Cancellation);

        var result = (await @operator.Post($"/v1/events/{id}/backtest", new { from = Monday, to = Monday.AddDays(2) })).Is(200).Json;

        Assert.Equal(2, result["participants"]!.GetValue<int>());
        Assert.Equal((1, 0), (result["completions"]![0]!["count"]!.GetValue<int>(), result["completions"]![0]!["granted"]!.GetValue<int>()));
        Assert.Empty(result["payout"]!.AsArray());
        Assert.Empty(result["stockOut"]!.AsArray());
    }

    [Fact]
    public async Task A_period_that_cannot_be_looked_at_is_refused()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());
        var now = app.Clock.GetUtcNow();

        Task<Answer> Try(DateTimeOffset from, DateTimeOffset to) => @operator.Post($"/v1/events/{id}/backtest", new { from, to });
        (await Try(now.AddDays(-1), now.AddDays(-1))).Refused(422, "rule_broken").Because("to", "end_before_start");
        (await Try(now.AddDays(-1), now.AddHours(1))).Refused(422, "rule_broken").Because("to", "out_of_range");
        (await Try(now.AddDays(-368), now.AddHours(-1))).Refused(422, "rule_broken").Because("to", "period_too_long");
        (await Try(new DateTimeOffset(1999, 1, 1, 0, 0, 0, TimeSpan.Zero), now)).Refused(422, "rule_broken").Because("from", "out_of_range");
        (await @operator.Post($"/v1/events/{id}/backtest", new { from = "2026-01-01T00:00:00.1234567Z", to = "2026-01-02T00:00:00Z" }))
            .Refused(422, "rule_broken").Because("from", "too_fine");
        (await @operator.Post($"/v1/events/{id}/backtest", new { from = now })).Refused(400, "malformed_body").Because("to", "missing_field");
        (await @operator.Post($"/v1/events/{Guid.Empty}/backtest", new { from = now.AddDays(-2), to = now.AddDays(-1) })).Refused(404, "not_found");
        var auditor = (await app.SignedIn(Role.Auditor)).Api;
        (await auditor.Post($"/v1/events/{id}/backtest", new { from = now.AddDays(-2), to = now.AddDays(-1) })).Refused(403, "forbidden");
        (await Try(now.AddDays(-366), now)).Is(200);
    }

    [Fact]
    public async Task Its_statements_reach_what_they_need_by_keys()
    {
        var batches = app.Services.GetRequiredService<EventsDatabase>().Batches;
        var users = await Plans.Generic(batches, Backtesting.NextUsers, "text", "int", "int", "int");
        var history = await Plans.Generic(batches, Backtesting.History, "text", "text", "int", "int", "timestamptz", "timestamptz", "text[]");

        Assert.DoesNotContain("Seq Scan", users + history, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", users, StringComparison.Ordinal);
        Assert.Contains("Index Cond: ((user_id > $1) AND (user_id <= $2)", history, StringComparison.Ordinal);
    }

    /// <summary>
    /// Anna: two on the first day, from 1:00, and two on the second. Ben: one on the first, two on the second. Cleo: one on the second.
    /// Beside the period: one of Dora before, one of Cleo at its end.
    /// </summary>
    private async Task Mine(string type)
    {
        (string User, double Hour)[] done =
        [
            ("anna", 1), ("anna", 2), ("ben", 23.5), ("anna", 26), ("anna", 33), ("ben", 25), ("ben", 40), ("cleo", 30), ("dora", -1), ("cleo", 48),
        ];
        (await app.GameServer().Reports([.. done.Select(one => Playing.Did($"{one.User}-{type}", type, Monday.AddHours(one.Hour)))])).Is(200);
    }

    private DraftEvent Draft(string type, string large, string small) =>
        new(app.Clock.GetUtcNow().AddDays(1), app.Clock.GetUtcNow().AddDays(3), Goal.Count(type, 2))
        {
            TimeZone = "UTC",
            Repeats = "daily",
            Offers = [new { rewardId = large, stock = 2 }, new { rewardId = small, condition = Goal.Count(type, 1), stock = 50 }],
        };

    private static async Task<string> Reward(Api @operator, long? stock, params object[] contents) =>
        (await @operator.Post("/v1/rewards", new { name = "A reward", contents, stock })).Is(201).Field("id");

    private static object Points(long amount) => new { type = "points", amount };

    private static object Item(string itemId, long quantity) => new { type = "item", itemId, name = itemId, quantity };

    private static object Badge(string badgeId) => new { type = "badge", badgeId };

    private object Day(int number, long count) => new { day = $"{Monday.AddDays(number):yyyy-MM-dd}", count };

    private static void Is(JsonNode found, object expected)
    {
        var wanted = JsonNode.Parse(JsonSerializer.Serialize(expected, JsonRules.Options));
        Assert.True(JsonNode.DeepEquals(wanted, found), $"expected {wanted!.ToJsonString()}\nfound    {found.ToJsonString()}");
    }
}

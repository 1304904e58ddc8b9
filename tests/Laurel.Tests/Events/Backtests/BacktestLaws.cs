using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Laurel.Events;
using Laurel.Events.Backtests;
using Laurel.Events.Catalog;
using Laurel.Platform.Http;
using Laurel.Rules;
using Laurel.Tests.Rules;

namespace Laurel.Tests.Events.Backtests;

/// <summary>What a backtest comes to is what the naive way comes to: every beginning of every history judged from nothing.</summary>
public sealed class BacktestLaws
{
    private static readonly Gen<(BacktestPlan Plan, Activity[][] Users)> Cases =
        from definition in Histories.Events
        from users in Histories.SomeActivity(definition).ArrayOf(12).ArrayOf(3)
        from stock in Gen.Elements<long?>(null, 1, 2, 4).ArrayOf(3)
        from shared in Gen.Elements<long?>(null, 0, 1, 3).ArrayOf(3)
        let draft = definition.Draft
        select (
            new BacktestPlan(
                draft.StartsAt, draft.EndsAt, draft.TimeZone, draft.DayStartsAt, draft.Repeats, draft.Condition,
                [.. draft.Offers.Select((offer, at) => new PlannedOffer(new RewardId(Guid.Empty), [new Points(5)], Closed: false, null, offer.Condition, stock[at], shared[at]))]),
            users);

    [Fact]
    public void Completions_days_and_stocks_are_those_of_the_naive_way()
    {
        Prop.ForAll(Cases.ToArbitrary(), it =>
        {
            var (plan, users) = it;
            var definition = plan.Define();
            var completed = plan.Offers.Select(_ => new List<DateTimeOffset>()).ToList();
            var participants = 0;
            foreach (var user in users)
                participants += Naive(definition.Draft, user, completed) ? 1 : 0;

            var result = Run(plan, users);

            Assert.Equal(participants, result.Participants);
            foreach (var (index, times) in completed.Index())
            {
                times.Sort();
                var (own, shared) = (plan.Offers[index].Stock ?? long.MaxValue, plan.Offers[index].RewardStock ?? long.MaxValue);
                Assert.Equal((times.Count, Math.Min(times.Count, Math.Min(own, shared))), (result.Completions[index].Count, result.Completions[index].Granted));
                Assert.Equal(
                    times.GroupBy(definition.Calendar.DayOf).Select(day => new DayCount(day.Key, day.Count())).OrderBy(day => day.Day),
                    result.Completions[index].ByDay);
                DateTimeOffset? last = Math.Min(own, shared) is > 0 and var limit && limit <= times.Count ? times[(int)limit - 1] : null;
                Assert.Equal(own <= shared ? last : null, result.StockOut.SingleOrDefault(stock => stock.Index == index && stock.RewardId is null)?.At);
                Assert.Equal(shared <= own ? last : null, result.StockOut.SingleOrDefault(stock => stock.Index == index && stock.RewardId is not null)?.At);
            }

            Assert.Equal(result.Completions.Sum(offer => offer.Granted) * 5, result.Payout.SingleOrDefault()?.Total ?? 0);
        }).Check(Laws.Config);
    }

    [Fact]
    public void It_can_be_left_between_users_and_gone_on_with()
    {
        Prop.ForAll(Cases.ToArbitrary(), it =>
        {
            var tally = BacktestTally.Nothing;
            foreach (var (at, user) in it.Users.Index())
            {
                var run = new BacktestRun(it.Plan, tally);
                Take(run, $"user-{at}", user);
                tally = JsonSerializer.Deserialize<BacktestTally>(JsonSerializer.Serialize(run.Tally, JsonRules.Options), JsonRules.Options)!;
            }

            var plan = JsonSerializer.Deserialize<BacktestPlan>(JsonSerializer.Serialize(it.Plan, JsonRules.Options), JsonRules.Options)!;
            Assert.Equal(plan.Define().Measured.Split('\n')[1..], it.Plan.Define().Measured.Split('\n')[1..]);
            Assert.Equal(
                JsonSerializer.Serialize(Run(it.Plan, it.Users), JsonRules.Options),
                JsonSerializer.Serialize(BacktestResult.Of(it.Plan, tally), JsonRules.Options));
        }).Check(Laws.Config.WithMaxTest(200));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(StockGauge.Exact, 1)]
    [InlineData(StockGauge.Exact + 1, TimeSpan.TicksPerMinute)]
    [InlineData(25_000, TimeSpan.TicksPerMinute)]
    [InlineData(30_001, 0)]
    public void A_stock_runs_out_with_its_last_one(int stock, long step)
    {
        var (dice, gauge) = (new Support.Dice(stock), new StockGauge(stock));
        var start = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var times = Enumerable.Range(0, 30_000).Select(_ => start.AddMilliseconds(dice.Next(1_000_000_000))).ToList();

        times.ForEach(gauge.Add);

        times.Sort();
        Assert.Equal(step == 0 ? null : times[stock - 1].AddTicks(-(times[stock - 1].Ticks % step)), gauge.RunsOutAt);
    }

    /// <summary>Adds the moments at which each offer was met for the first time in a window; says whether anything counted.</summary>
    private static bool Naive(EventDraft draft, Activity[] activities, List<List<DateTimeOffset>> completed)
    {
        var sorted = activities.OrderBy(activity => activity.OccurredAt).ToList();
        var met = new HashSet<(DateOnly Window, int Ordinal)>();
        for (var length = 1; length <= sorted.Count; length++)
        {
            foreach (var (window, result) in Reference.Of(draft, sorted[..length]))
            {
                foreach (var offer in result.Offers.Where(offer => offer.Met && met.Add((window, offer.Ordinal))))
                    completed[offer.Ordinal - 1].Add(sorted[length - 1].OccurredAt);
            }
        }

        return Reference.Of(draft, sorted).Values.Any(result =>
            result.Leaves.Concat(result.Offers.SelectMany(offer => offer.Leaves ?? [])).Any(leaf => leaf.Current > 0));
    }

    private static BacktestResult Run(BacktestPlan plan, Activity[][] users)
    {
        var run = new BacktestRun(plan, BacktestTally.Nothing);
        foreach (var (at, user) in users.Index())
            Take(run, $"user-{at}", user);
        return BacktestResult.Of(plan, run.Tally);
    }

    private static void Take(BacktestRun run, string user, Activity[] activities)
    {
        foreach (var activity in activities.OrderBy(activity => activity.OccurredAt))
            run.Take(user, activity);
    }
}

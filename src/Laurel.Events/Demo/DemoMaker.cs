using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
using Laurel.Platform.Http;
using Microsoft.Extensions.Hosting;

namespace Laurel.Events.Demo;

/// <summary>How far the making of a demo is.</summary>
/// <param name="Day">How many days have been played.</param>
/// <param name="Stored">How many activities are stored now that were not before.</param>
/// <param name="Known">How many had been stored by an earlier attempt.</param>
internal sealed record DemoProgress(int Day, long Stored, long Known);

/// <summary>
/// Makes a demo: operators make events and switch each on when it begins, then users play, day after day. It goes through the same code
/// as what comes over HTTP; only the clock is another (<see cref="DemoClock"/>).
/// </summary>
internal sealed class DemoMaker(RewardStore rewards, EventStore events, Intake intake, IEnumerable<IHostedService> work, DemoStore store, DemoClock clock)
{
    private const int AtOnce = 1_000;
    private const int RequestsAtOnce = 4;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    /// <summary>Makes what is missing of the events.</summary>
    public async Task MakeEvents(DemoPlan plan, CancellationToken cancellation)
    {
        clock.Set(plan.Opening);
        var ids = (await store.Rewards(cancellation)).DistinctBy(one => one.Name).ToDictionary(one => one.Name, one => one.Id, StringComparer.Ordinal);
        foreach (var reward in DemoRewards.All)
        {
            MustHold(RewardRules.Check(reward));
            if (!ids.ContainsKey(reward.Name))
                ids.Add(reward.Name, (await rewards.Add(reward, DemoStore.By, cancellation)).Id);
        }

        var made = (await store.Events(cancellation)).DistinctBy(one => one.Title).ToDictionary(one => one.Title, one => one.Id, StringComparer.Ordinal);
        foreach (var (hour, wanted) in DemoEvents.All.Reverse().Index())
        {
            var request = wanted.Request(plan.Until, ids);
            clock.Set(plan.Opening.AddHours(hour));
            if (!made.TryGetValue(wanted.Title, out var id))
                id = Changed(await events.Create(request, DemoStore.By, cancellation)).Id;
            if (wanted.Fate == DemoFate.Draft)
                continue;
            // At its start and not before, so that what users who were there already have done since then is counted too.
            if (request.StartsAt < DemoClock.Real)
                clock.Set(request.StartsAt);
            await Switch(id, EventSwitch.Active, cancellation);
        }

        await CatchUp(cancellation);
    }

    /// <summary>Has everybody play from the first day to the last moment.</summary>
    public async Task<DemoProgress> Play(DemoPlan plan, Action<DemoProgress> told, CancellationToken cancellation)
    {
        DemoUser[] users = [DemoUser.Shown(plan), .. Enumerable.Range(1, plan.Users - 1).Select(number => DemoUser.Numbered(number, plan))];
        // A day of a zone ahead of UTC may have begun on the day before, and one behind it ends on the next.
        var first = DateOnly.FromDateTime(plan.Since.UtcDateTime).AddDays(-1);
        var last = DateOnly.FromDateTime(plan.Until.UtcDateTime).AddDays(1);
        var progress = new DemoProgress(0, 0, 0);
        for (var day = first; day <= last; day = day.AddDays(1))
        {
            var today = day;
            var over = new DateTimeOffset(today.AddDays(2).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
            clock.Set(over < plan.Until ? over : plan.Until);
            var did = users.SelectMany(user => user.On(today)).Where(activity => activity.Content.OccurredAt >= plan.Since && activity.Content.OccurredAt <= plan.Until);
            var gate = new Lock();
            await Parallel.ForEachAsync(
                did.Chunk(AtOnce),
                new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellation },
                async (some, stop) =>
                {
                    var (stored, known) = Count(await intake.Take(some, stop));
                    lock (gate)
                        progress = progress with { Stored = progress.Stored + stored, Known = progress.Known + known };
                    told(progress);
                });
            progress = progress with { Day = Math.Min(today.DayNumber - first.DayNumber + 1, plan.Days) };
            told(progress);
        }

        return progress;
    }

    /// <summary>The last touch, and the demo is there.</summary>
    public async Task Finish(DemoPlan plan, CancellationToken cancellation)
    {
        clock.Set(plan.Until);
        var made = await store.Events(cancellation);
        foreach (var off in DemoEvents.All.Where(wanted => wanted.Fate == DemoFate.SwitchedOff))
            await Switch(made.First(one => one.Title == off.Title).Id, EventSwitch.Inactive, cancellation);
        await store.Finish(cancellation);
    }

    /// <summary>Counts what is stored so far. Nobody else's work may be done by a clock that is not the real one.</summary>
    private async Task CatchUp(CancellationToken cancellation)
    {
        clock.Set(DemoClock.Real);
        var jobs = work.OfType<JobRunner>().Single();
        await jobs.StartAsync(cancellation);
        try
        {
            while (await store.IsCounting(cancellation))
                await Task.Delay(Moment, cancellation);
        }
        finally
        {
            await jobs.StopAsync(CancellationToken.None);
        }
    }

    private async Task Switch(EventId id, EventSwitch to, CancellationToken cancellation) =>
        Changed(await events.Switch(id, to, new Editor(DemoStore.By, IfMatch.None, Overwrites: false), cancellation));

    private static (int Stored, int Known) Count(ActivityResult[] results)
    {
        if (results.FirstOrDefault(result => result.Outcome == ActivityOutcome.Refused) is { } refused)
            throw new InvalidOperationException($"An activity of the demo is refused: {refused}");
        var stored = results.Count(result => result.Outcome == ActivityOutcome.Accepted);
        return (stored, results.Length - stored);
    }

    private static Event Changed(EventDecision decision)
    {
        MustHold(decision.Broken ?? []);
        return decision.Event ?? throw new InvalidOperationException($"An event of the demo is refused: {decision.Outcome}");
    }

    private static void MustHold(IReadOnlyList<FieldError> broken)
    {
        if (broken is [var first, ..])
            throw new InvalidOperationException($"The demo breaks a rule: {first}");
    }
}

using Laurel.Events.Catalog;
using Laurel.Events.Jobs;

namespace Laurel.Events.Backtests;

/// <summary>A backtest that takes longer than a request. After each second of work it keeps what it has come to, and goes on from there.</summary>
internal sealed class BacktestWork(Backtesting backtesting, EventCatalog catalog, JobStore jobs) : IJobWork
{
    private const int CountedAtOnce = 5_000;

    private static readonly TimeSpan Part = TimeSpan.FromSeconds(1);

    public JobKind Kind => JobKind.Backtest;

    public async Task<Job> Step(Job job, CancellationToken cancellation)
    {
        var plan = job.InputOf<BacktestPlan>();
        if (job.ToGo is null)
            return await jobs.Move(job with { ToGo = await CountUsers(plan, cancellation) }, cancellation);

        var (cursor, users, isThrough) = await backtesting.Run(plan, job.CursorOr(BacktestCursor.Start), Part, cancellation);
        var moved = job.At(cursor, more: users);
        return await jobs.Move(isThrough ? moved.Ended(BacktestResult.Of(plan, cursor.Tally)) : moved, cancellation);
    }

    private async Task<long> CountUsers(BacktestPlan plan, CancellationToken cancellation)
    {
        var held = (await catalog.Load(cancellation)).Log.Holding(plan.From, plan.To);
        var (total, after) = (0L, "");
        while (await backtesting.Count(held, after, CountedAtOnce, cancellation) is (var users, { } last))
            (total, after) = (total + users, last);
        return total;
    }
}

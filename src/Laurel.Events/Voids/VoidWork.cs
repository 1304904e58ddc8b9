using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Voids;

/// <summary>
/// Takes activities back, some users at a time: in one transaction the activities count no longer, and each row that they counted in
/// is folded anew from those that are left. Whoever folds into such a row at the same moment writes it, as long as a void is open,
/// also where nothing changes; so of the two, the one that comes second is refused by the row's version and sees what the other did.
/// </summary>
internal sealed class VoidWork(
    EventsDatabase database, JobBatches batches, EventCatalog catalog, JobStore jobs, JobResults results, TimeProvider time) : IJobWork
{
    public JobKind Kind => JobKind.Void;

    /// <summary>How many activities one batch takes back at most, however many one user has.</summary>
    public int ActivitiesAtOnce { get; set; } = 20_000;

    public async Task<Job> Step(Job job, CancellationToken cancellation)
    {
        var (plan, cursor) = (job.InputOf<VoidPlan>(), job.CursorOr(VoidCursor.Start));
        if (!cursor.IsSearched)
            return plan.Activities is { } named ? await Find(job, cursor, named, cancellation) : await Search(job, cursor, plan, cancellation);
        if (cursor.IsThrough)
            return await SumUp(job, cursor, cancellation);

        var held = plan.Activities is null ? (await catalog.Load(cancellation)).Log.Holding(plan.From!.Value, plan.To!.Value) : default;
        cursor = cursor with { Size = job.Careful(cursor.Size) };
        return await batches.Run(
            async (transaction, snapshot) =>
            {
                var batch = new VoidBatch(job.Id, Take, snapshot.Log, cursor, job.Careful(ActivitiesAtOnce));
                var (next, more) = await batch.Run(transaction, snapshot.Index, batches, cancellation);
                return job.At(next, more);
            },
            cancellation);

        IAsyncEnumerable<(string, Activity)> Take(NpgsqlTransaction transaction, IReadOnlyCollection<string> users, int limit, CancellationToken stop) =>
            VoidStore.TakeBack(transaction, job.Id, plan, users, held, limit, stop);
    }

    private Task<Job> Find(Job job, VoidCursor cursor, IReadOnlyList<ActivityName> named, CancellationToken cancellation) =>
        database.Any.InTransaction(
            async transaction =>
            {
                var users = await VoidStore.FindUsers(transaction, job.Id, named, cancellation);
                return await jobs.Move(transaction, job.At(cursor with { IsSearched = true }) with { ToGo = users }, cancellation);
            },
            cancellation);

    /// <summary>
    /// Looks through the next part of the period. Before the first it passes the fence alone once more: a batch that began in the
    /// period may have stood there behind the void itself, and is over then.
    /// </summary>
    private async Task<Job> Search(Job job, VoidCursor cursor, VoidPlan plan, CancellationToken cancellation)
    {
        if (cursor.SearchedTo is not { } from)
        {
            var oldest = await database.Any.QueryOne(
                "SELECT greatest($1, min(started_at) - interval '1 h') FROM generations", row => row.Time(0), [plan.From!.Value], cancellation);
            return await catalog.Change(
                transaction => jobs.Move(transaction, job.At(cursor with { SearchedTo = Laurel.Platform.Http.Time.ToMilliseconds(oldest) }), cancellation), cancellation);
        }

        var to = plan.To!.Value;
        if (from >= to)
            return await jobs.Move(job.At(cursor with { IsSearched = true }) with { ToGo = cursor.Found }, cancellation);

        cursor = cursor with { SliceSeconds = job.Careful(cursor.SliceSeconds) };
        var until = to - from > TimeSpan.FromSeconds(cursor.SliceSeconds) ? from.AddSeconds(cursor.SliceSeconds) : to;
        var generations = (await catalog.Load(cancellation)).Log.OfArrivals(from, until);
        var started = time.GetTimestamp();
        return await database.Any.InTransaction(
            async transaction =>
            {
                var users = await VoidStore.FindUsers(transaction, job.Id, plan.Source!.Value, from, until, generations, cancellation);
                var next = cursor.Searched(until, time.GetElapsedTime(started)) with { Found = cursor.Found + users };
                return await jobs.Move(transaction, job.At(next), cancellation);
            },
            cancellation);
    }

    /// <summary>When it has ended, nobody need write more than what changes: that is a change of the catalog too.</summary>
    private async Task<Job> SumUp(Job job, VoidCursor cursor, CancellationToken cancellation)
    {
        var tally = await results.Sum(job.Id, cursor.Tally, cancellation);
        if (!tally.IsComplete)
            return await jobs.Move(job.At(cursor with { Tally = tally }), cancellation);
        var result = new VoidResult(cursor.Activities, cursor.Users, results.Gained(tally), results.Lost(tally), cursor.Beyond);
        return await catalog.Change(transaction => jobs.Move(transaction, job.Ended(result), cancellation), cancellation);
    }
}

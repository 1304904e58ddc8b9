using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>
/// Folds all users of an event anew, under its new epoch. Whoever folds live meanwhile and meets a row of an older epoch folds that one
/// anew as well, and always writes it; so of the two, the one that comes second is refused by the row's version and finds it done.
/// </summary>
internal sealed class CatchUp(
    UserSweep sweep, JobBatches batches, EventCatalog catalog, JobStore jobs, JobResults results) : IJobWork
{
    public JobKind Kind => JobKind.CatchUp;

    public async Task<Job> Step(Job job, CancellationToken cancellation)
    {
        var cursor = job.CursorOr(SweepCursor.Start);
        var snapshot = await catalog.Load(cancellation);
        if (JobBatches.Ended(job, snapshot) is { } ended)
            return await jobs.Move(ended, cancellation);

        var on = snapshot.Events[job.Event!.Value];
        if (job.ToGo is null)
            return await Count(job, cursor, on, cancellation);
        if (cursor.IsThrough)
            return await jobs.Move(job.Ended(await results.Of(job.Id, cursor, cancellation)), cancellation);

        Swept swept;
        try
        {
            swept = await sweep.Read(on.Id, on.Definition, cursor.User, cursor.Size, cancellation);
        }
        catch (FoldFailedException failed)
        {
            await catalog.Quarantine(on.Id, failed.Message, cancellation);
            return await jobs.Move(job.Failed("The event is quarantined, since its progress could not be folded."), cancellation);
        }

        if (swept.Last is null)
            return await Settle(job, cursor, cancellation);
        var done = await batches.Run((transaction, now) => Write(job, cursor, swept, transaction, now), cancellation);
        if (done.Status == JobStatus.Failed)
            await catalog.Announce(cancellation);
        return done;
    }

    private async Task<Job> Count(Job job, SweepCursor cursor, RunningEvent on, CancellationToken cancellation)
    {
        var (users, last) = await sweep.Count(on.Id, on.Definition, cursor.User, SweepCursor.CountedAtOnce, cancellation);
        var counted = job.At(cursor with { User = last ?? "", Counted = cursor.Counted + users });
        return await jobs.Move(
            last is null ? counted.At(SweepCursor.Start) with { ToGo = cursor.Counted } : counted, cancellation);
    }

    private async Task<Job> Write(Job job, SweepCursor cursor, Swept swept, NpgsqlTransaction transaction, CatalogSnapshot snapshot)
    {
        if (JobBatches.Ended(job, snapshot) is { } ended)
            return ended;

        var on = snapshot.Events[job.Event!.Value];
        var (touches, beyond) = (new List<Touch>(swept.Rows.Count), 0L);
        foreach (var (key, row, anew) in swept.Rows)
        {
            // What is of this epoch was folded by somebody who came first; what is under repair in it is left to the repair.
            if (row is not null && (row.Epoch == on.Epoch || row.IsUnderRepair(on)))
                continue;
            var window = on.WindowOf(key.Window);
            if (snapshot.Log.ReachTo(window.Start))
                touches.Add(new Touch(key, on, window) { Row = row, Refolded = anew, For = job.Id });
            else
                beyond++;
        }

        var next = cursor.After(swept, beyond);
        return await batches.Write(job.At(next, more: swept.Users), transaction, touches);
    }

    /// <summary>From now on, who has no row has done nothing that counts. What all of it came to is summed up after that, outside of the fence.</summary>
    private Task<Job> Settle(Job job, SweepCursor cursor, CancellationToken cancellation) =>
        catalog.Change(
            async transaction =>
            {
                await transaction.Execute(
                    "UPDATE events SET settled_epoch = epoch WHERE id = $1 AND epoch = $2", [job.Event!.Value.Value, job.Epoch], cancellation);
                return await jobs.Move(transaction, job.At(cursor with { IsThrough = true }), cancellation);
            },
            cancellation);
}

/// <summary>Where a sweep over users stands.</summary>
/// <param name="User">The last one that is done.</param>
/// <param name="Size">How many are taken at once, so that few of many activities and many of few make about the same work.</param>
/// <param name="Counted">How many users there are, as far as has been counted.</param>
/// <param name="Participants">How many of them have done something that counts.</param>
/// <param name="Beyond">How many rows were left as they are, since not all activities of their windows are stored any more.</param>
internal sealed record SweepCursor(string User, int Size, long Counted, long Participants, long Beyond)
{
    public static readonly SweepCursor Start = new("", 25, 0, 0, 0);

    /// <summary>Whether it has come to its end, and only its result is missing.</summary>
    public bool IsThrough { get; init; }

    public const int CountedAtOnce = 5_000;

    private const int MaxSize = 200;
    private const int AimedWeight = 5_000;

    public SweepCursor After(Swept swept, long beyond) => this with
    {
        User = swept.Last!,
        Size = swept.Weight > AimedWeight ? Math.Max(1, Size / 2) : swept.Weight < AimedWeight / 2 ? Math.Min(MaxSize, Size * 2) : Size,
        Participants = Participants + swept.Rows.Where(row => !row.Anew.IsEmpty).Select(row => row.Key.UserId).Distinct().Count(),
        Beyond = Beyond + beyond,
    };
}

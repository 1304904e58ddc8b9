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
        if (cursor.IsThrough)
            return await jobs.Move(await results.SumUp(job, cursor, cancellation), cancellation);

        var on = snapshot.Events[job.Event!.Value];
        cursor = cursor with { Size = job.Careful(cursor.Size) };
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
        (job, cursor) = await sweep.CountAlongside(job, cursor, on.Definition, cancellation);
        return await batches.Run((transaction, now) => Write(job, cursor, swept, transaction, now), cancellation);
    }

    private async Task<Job> Write(Job job, SweepCursor cursor, Swept swept, NpgsqlTransaction transaction, CatalogSnapshot snapshot)
    {
        if (JobBatches.Ended(job, snapshot) is { } ended)
            return ended;

        var on = snapshot.Events[job.Event!.Value];
        var (touches, beyond) = (new List<Touch>(swept.Rows.Count), 0L);
        foreach (var (key, row, anew) in swept.Rows)
        {
            // What is of this epoch was folded by somebody who came first.
            if (row?.Epoch == on.Epoch)
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

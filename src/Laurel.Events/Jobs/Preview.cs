using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;

namespace Laurel.Events.Jobs;

/// <summary>The event as it would be, and the version that it was when that was asked.</summary>
internal sealed record PreviewPlan(int Version, EventRequest Event);

/// <summary>
/// Tells who would gain and who would lose what if an event were counted anew: as it is, or as it would be after an edit. Each user's
/// stored progress is held against what their activities come to at the same moment; no progress is written.
/// </summary>
internal sealed class Preview(
    EventsDatabase database, UserSweep sweep, EventCatalog catalog, JobStore jobs, JobResults results) : IJobWork
{
    public JobKind Kind => JobKind.Preview;

    public async Task<Job> Step(Job job, CancellationToken cancellation)
    {
        var (plan, cursor) = (job.InputOf<PreviewPlan>(), job.CursorOr(SweepCursor.Start));
        if ((await catalog.Load(cancellation)).Events.GetValueOrDefault(job.Event!.Value) is not { } stored)
            return await jobs.Move(job.Failed("The event cannot be read by this version of Laurel."), cancellation);
        if (stored.Version != plan.Version)
            return await jobs.Move(job.Superseded("The event has been changed since."), cancellation);
        if (cursor.IsThrough)
            return await jobs.Move(await results.SumUp(job, cursor, cancellation), cancellation);

        var on = stored with
        {
            Definition = EventDefinition.Create(Event.DraftOf(plan.Event, stored.Offers)),
            ClaimWithin = TimeSpan.FromSeconds(plan.Event.ClaimWithinSeconds),
        };
        cursor = cursor with { Size = job.Careful(cursor.Size) };
        Swept swept;
        try
        {
            swept = await sweep.Read(on.Id, on.Definition, cursor.User, cursor.Size, cancellation);
        }
        catch (FoldFailedException failed)
        {
            return await jobs.Move(job.Failed($"The event's progress cannot be folded: {failed.Message}"), cancellation);
        }

        if (swept.Last is null)
            return await jobs.Move(job.At(cursor with { IsThrough = true }), cancellation);
        (job, cursor) = await sweep.CountAlongside(job, cursor, on.Definition, cancellation);
        var (changes, beyond) = Compare(job.Id, on, swept, catalog.Current.Log);
        return await database.Any.InTransaction(
            async transaction =>
            {
                await JobChanges.Insert(transaction.Connection!, changes);
                return await jobs.Move(transaction, job.At(cursor.After(swept, beyond), more: swept.Users), cancellation);
            },
            cancellation);
    }

    private static (List<Change> Changes, long Beyond) Compare(JobId job, RunningEvent on, Swept swept, StoredGenerations log)
    {
        var (changes, beyond) = (new List<Change>(), 0L);
        foreach (var (key, row, anew) in swept.Rows)
        {
            if (!log.ReachTo(on.WindowOf(key.Window).Start))
            {
                beyond++;
                continue;
            }

            var (before, after) = (row?.Met ?? 0, Engine.MetBits(on.Definition, anew));
            var (gained, lost) = (after & ~before & on.KnownBits, before & ~after & on.KnownBits);
            if ((gained | lost) != 0)
                changes.Add(new Change(job, key, gained, lost));
        }

        return (changes, beyond);
    }
}

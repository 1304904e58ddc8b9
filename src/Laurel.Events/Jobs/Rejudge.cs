using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>
/// Judges all progress of an event by its new goals. What is folded meanwhile is judged by them already, and so are rows of another
/// epoch by whoever folds them anew.
/// </summary>
internal sealed class Rejudge(EventsDatabase database, EventCatalog catalog, JobBatches batches, JobStore jobs, JobResults results) : IJobWork
{
    private const int RowsAtOnce = 1_000;

    public JobKind Kind => JobKind.Rejudge;

    public async Task<Job> Step(Job job, CancellationToken cancellation)
    {
        var cursor = job.CursorOr(new RowCursor("", DateOnly.MinValue));
        var rows = await Read(job.Event!.Value, cursor, job.Careful(RowsAtOnce), cancellation);
        if (rows.Count == 0)
            return await jobs.Move(JobBatches.Ended(job, await catalog.Load(cancellation)) ?? await SumUp(job, cursor, cancellation), cancellation);

        return await batches.Run((transaction, snapshot) => Write(job, rows, transaction, snapshot), cancellation);
    }

    private async Task<Job> SumUp(Job job, RowCursor cursor, CancellationToken cancellation)
    {
        var tally = await results.Sum(job.Id, cursor.Tally ?? ChangeTally.Nothing, cancellation);
        return tally.IsComplete ? job.Ended(new RejudgeResult(results.Gained(tally), results.Lost(tally))) : job.At(cursor with { Tally = tally });
    }

    private async Task<Job> Write(Job job, List<(ProgressKey Key, ProgressRow Row)> rows, NpgsqlTransaction transaction, CatalogSnapshot snapshot)
    {
        if (JobBatches.Ended(job, snapshot) is { } ended)
            return ended;

        var on = snapshot.Events[job.Event!.Value];
        var touches = rows
            .Where(one => one.Row.Epoch == on.Epoch)
            .Select(one => new Touch(one.Key, on, on.WindowOf(one.Key.Window)) { Row = one.Row, Mending = Mending.Rejudge, For = job.Id })
            .ToList();
        touches.Sort((left, right) => ProgressKey.Order.Compare(left.Key, right.Key));
        var last = rows[^1].Key;
        return await batches.Write(job.At(new RowCursor(last.UserId, last.Window), more: rows.Count), transaction, touches);
    }

    private Task<List<(ProgressKey Key, ProgressRow Row)>> Read(EventId @event, RowCursor after, int limit, CancellationToken cancellation) =>
        database.Batches.Query(
            """
            SELECT user_id, event_id, window_key, version, epoch, met, state
            FROM progress
            WHERE (event_id, user_id, window_key) > ($1, $2, $3) AND event_id <= $1
            ORDER BY event_id, user_id, window_key
            LIMIT $4
            """,
            row => (ProgressStore.Key(row, 0), ProgressStore.Row(row, 3)), [@event.Value, after.User, after.Window, limit], cancellation);

    private sealed record RowCursor(string User, DateOnly Window, ChangeTally? Tally = null);
}

/// <summary>Who meets the new goals and did not meet the old ones, and the other way round.</summary>
public sealed record RejudgeResult(ChangedUsers Gained, ChangedUsers Lost);

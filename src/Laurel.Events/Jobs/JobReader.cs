using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>Jobs, and what they changed, as they are shown.</summary>
internal sealed class JobReader(EventsDatabase database)
{
    private const string Columns =
        "id, kind, status, event_id, epoch, done, to_go, attempts, reason, result, created_at, created_by, started_at, finished_at";

    public Task<JobView?> Find(JobId id, CancellationToken cancellation) =>
        database.Any.QueryOne($"SELECT {Columns} FROM jobs WHERE id = $1", View, [id.Value], cancellation);

    /// <summary>The one that counts an event anew under this epoch.</summary>
    public Task<JobView?> FindCatchUp(EventId @event, int epoch, CancellationToken cancellation) =>
        database.Any.QueryOne(
            $"SELECT {Columns} FROM jobs WHERE event_id = $1 AND epoch = $2 AND kind = 'catch_up' ORDER BY id DESC LIMIT 1",
            View, [@event.Value, epoch], cancellation);

    public Task<List<JobView>> List(EventId? @event, JobStatus? status, Guid? before, int limit, CancellationToken cancellation) =>
        database.Any.Query(
            $"""
            SELECT {Columns}
            FROM jobs
            WHERE ($1::uuid IS NULL OR event_id = $1)
              AND ($2::text IS NULL OR status = $2)
              AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4
            """,
            View, [@event?.Value, status is { } only ? WireNames<JobStatus>.Of(only) : null, before, limit], cancellation);

    public Task<List<Change>> Changes(JobId job, ChangeKey after, int limit, CancellationToken cancellation) =>
        database.Any.Query(
            """
            SELECT user_id, event_id, window_key, gained, lost
            FROM job_changes
            WHERE job_id = $1 AND (user_id, event_id, window_key) > ($2, $3, $4) AND gained | lost <> 0
            ORDER BY user_id, event_id, window_key
            LIMIT $5
            """,
            row => new Change(
                job,
                new Progress.ProgressKey(row.GetString(0), new EventId(row.GetGuid(1)), row.GetFieldValue<DateOnly>(2)),
                row.GetInt64(3),
                row.GetInt64(4)),
            [job.Value, after.User, after.Event, after.Window, limit], cancellation);

    private static JobView View(NpgsqlDataReader row) => new(
        new JobId(row.GetGuid(0)),
        row.GetString(1),
        WireNames<JobStatus>.Parse(row.GetString(2)),
        row.Optional<Guid>(3) is { } id ? new EventId(id) : null,
        row.Optional<int>(4),
        row.GetInt64(5),
        row.Optional<long>(6),
        row.GetInt32(7),
        row.OptionalText(8),
        row.OptionalText(9) is { } result ? FreeForm.Parse(result) : null,
        row.Time(10),
        row.OptionalText(11)!,
        row.Optional<DateTimeOffset>(12),
        row.Optional<DateTimeOffset>(13));
}

/// <summary>Which change a page of them ended with.</summary>
internal sealed record ChangeKey(string User, Guid Event, DateOnly Window)
{
    public static readonly ChangeKey First = new("", Guid.Empty, DateOnly.MinValue);
}

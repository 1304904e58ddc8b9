using System.Text.Json;
using Laurel.Platform;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>Work in the background, in the database. Leases go by the database's clock, since all processes share that one.</summary>
internal sealed class JobStore(EventsDatabase database, TimeProvider time) : IDisposable
{
    /// <summary>How often one batch may fail before a person has to look.</summary>
    public const int MaxAttempts = 5;

    /// <summary>Whether activities that have been counted are being changed.</summary>
    public const string IsMending = "EXISTS (SELECT FROM jobs WHERE kind IN ('void', 'erasure') AND status IN ('queued', 'running', 'failed'))";

    /// <summary>Far longer than a batch takes, since each renews it; and how long the work of a process that died stands still.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private const string Columns = "id, kind, event_id, epoch, input, lease, cursor, done, to_go, attempts, delays";

    private readonly Signal _asked = new();

    public void Dispose() => _asked.Dispose();

    /// <summary>The job exists if and when the transaction commits, so it belongs to the change that asks for it.</summary>
    public async Task<JobId> Enqueue(NpgsqlTransaction transaction, JobKind kind, EventId @event, int epoch, string by, CancellationToken cancellation)
    {
        await Supersede(transaction, kind, @event, epoch, cancellation);
        return await Enqueue(transaction, kind, @event, epoch, input: new { }, by, cancellation);
    }

    public async Task<JobId> Enqueue<T>(
        NpgsqlTransaction transaction, JobKind kind, EventId? @event, int? epoch, T input, string by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var id = new JobId(Guid.CreateVersion7(now));
        await transaction.Execute(
            """
            INSERT INTO jobs (id, kind, event_id, epoch, status, input, created_at, created_by)
            VALUES ($1, $2, $3, $4, 'queued', $5::jsonb, $6, $7)
            """,
            [id.Value, WireNames<JobKind>.Of(kind), @event?.Value, epoch, JsonSerializer.Serialize(input, JsonRules.Options), now, by], cancellation);
        Wake();
        return id;
    }

    /// <summary>Has this process look for work at once.</summary>
    public void Wake() => _asked.Tell();

    /// <summary>Waits until this process has asked for a job (the transaction may still be under way then), so long at most.</summary>
    public Task<bool> Asked(TimeSpan atMost, CancellationToken cancellation) => _asked.Told(atMost, cancellation);

    /// <summary>
    /// Takes the job that has waited longest, of the kinds that are known here; null where there is none. Whoever has worked on one for
    /// a while gives it back and takes the next, so that a long one holds up none.
    /// </summary>
    public async Task<Job?> Take(IReadOnlyCollection<JobKind> kinds, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return await database.Any.QueryOne(
            $"""
            UPDATE jobs
            SET status = 'running', lease = $1, free_at = now() + $2, started_at = COALESCE(started_at, $3)
            WHERE id = (
                SELECT waiting.id
                FROM jobs AS waiting
                WHERE waiting.status IN ('queued', 'running') AND waiting.free_at <= now() AND waiting.kind = ANY ($4)
                ORDER BY waiting.free_at, waiting.id
                LIMIT 1)
              AND status IN ('queued', 'running')
              AND free_at <= now()
            RETURNING {Columns}
            """,
            Read, [Guid.CreateVersion7(now), Lease, now, kinds.Select(WireNames<JobKind>.Of).ToArray()], cancellation);
    }

    /// <summary>Makes it true that the job stands where it says, and renews its lease.</summary>
    /// <exception cref="LeaseLostException">It is somebody else's now: nothing of this transaction may be committed.</exception>
    public async Task<Job> Move(NpgsqlTransaction transaction, Job job, CancellationToken cancellation)
    {
        var moved = await transaction.Execute(
            """
            UPDATE jobs
            SET status = $3, cursor = $4::jsonb, done = $5, to_go = $6, result = $7::jsonb, reason = $8, attempts = 0, delays = 0,
                free_at = now() + $9, finished_at = $10
            WHERE id = $1 AND lease = $2 AND status = 'running'
            """,
            [
                job.Id.Value, job.Lease, WireNames<JobStatus>.Of(job.Status), job.Cursor, job.Done, job.ToGo, job.Result, job.Reason, Lease,
                job.Status == JobStatus.Running ? null : time.GetUtcNow(),
            ],
            cancellation);
        return moved == 1 ? job with { Attempts = 0, Delays = 0 } : throw new LeaseLostException(job.Id);
    }

    public Task<Job> Move(Job job, CancellationToken cancellation) =>
        database.Any.InTransaction(transaction => Move(transaction, job, cancellation), cancellation);

    /// <summary>Gives the job back, for whoever is free.</summary>
    public Task<int> Release(Job job, CancellationToken cancellation) =>
        database.Any.Execute(
            "UPDATE jobs SET lease = NULL, free_at = now() WHERE id = $1 AND lease = $2 AND status = 'running'", [job.Id.Value, job.Lease], cancellation);

    /// <summary>Has the batch tried again after a pause that doubles each time; after too many failures a person has to look.</summary>
    public Task<int> Fail(Job job, string reason, CancellationToken cancellation) =>
        database.Any.Execute(
            """
            UPDATE jobs
            SET attempts = attempts + 1, reason = $3, lease = NULL, free_at = now() + interval '0.5 s' * (2 ^ attempts),
                status = CASE WHEN attempts + 1 < $4 THEN 'queued' ELSE 'failed' END,
                finished_at = CASE WHEN attempts + 1 < $4 THEN NULL ELSE $5::timestamptz END
            WHERE id = $1 AND lease = $2 AND status = 'running'
            """,
            [job.Id.Value, job.Lease, reason, MaxAttempts, time.GetUtcNow()], cancellation);

    /// <summary>Has the batch tried again after a pause that doubles each time, up to a minute; as often as it takes.</summary>
    public Task<int> PutOff(Job job, string reason, CancellationToken cancellation) =>
        database.Any.Execute(
            """
            UPDATE jobs
            SET delays = delays + 1, reason = $3, lease = NULL, status = 'queued',
                free_at = now() + LEAST(interval '0.5 s' * (2 ^ LEAST(delays, 10)), interval '1 min')
            WHERE id = $1 AND lease = $2 AND status = 'running'
            """,
            [job.Id.Value, job.Lease, reason], cancellation);

    /// <summary>Has a failed job tried again from where it stands. False where it has not failed.</summary>
    public async Task<bool> Retry(JobId id, Actor by, CancellationToken cancellation)
    {
        var retried = await database.Any.InTransaction(
            async transaction =>
            {
                var isQueued = await transaction.Execute(
                    """
                    UPDATE jobs
                    SET status = 'queued', attempts = 0, delays = 0, finished_at = NULL, free_at = now()
                    WHERE id = $1 AND status = 'failed'
                    """,
                    [id.Value], cancellation) == 1;
                if (isQueued)
                    await AuditTrail.Add(transaction, JobAudit.Retried(by, id), cancellation);
                return isQueued;
            },
            cancellation);
        if (retried)
            Wake();
        return retried;
    }

    /// <summary>
    /// A newer epoch counts everything anew, so whatever counted or judged an older one has no use any more; nor has an older judgment
    /// by goals that are no longer those.
    /// </summary>
    private Task<int> Supersede(NpgsqlTransaction transaction, JobKind kind, EventId @event, int epoch, CancellationToken cancellation) =>
        transaction.Execute(
            """
            UPDATE jobs
            SET status = 'superseded', finished_at = $4, lease = NULL
            WHERE event_id = $1
              AND status IN ('queued', 'running', 'failed')
              AND (kind IN ('catch_up', 'rejudge', 'preview') AND epoch < $2 OR kind = 'rejudge' AND $3 = 'rejudge')
            """,
            [@event.Value, epoch, WireNames<JobKind>.Of(kind), time.GetUtcNow()], cancellation);

    private static Job Read(NpgsqlDataReader row) => new(
        new JobId(row.GetGuid(0)),
        WireNames<JobKind>.Parse(row.GetString(1)),
        row.Optional<Guid>(2) is { } id ? new EventId(id) : null,
        row.Optional<int>(3),
        row.GetString(4),
        row.GetGuid(5))
    {
        Cursor = row.OptionalText(6),
        Done = row.GetInt64(7),
        ToGo = row.Optional<long>(8),
        Attempts = row.GetInt32(9),
        Delays = row.GetInt32(10),
    };
}

using System.Text.Json.Serialization;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Jobs;

internal enum JobKind
{
    /// <summary>Folds all users of an event anew, from the stored activities.</summary>
    [JsonStringEnumMemberName("catch_up")] CatchUp,

    /// <summary>Judges the stored progress of an event by its new goals.</summary>
    [JsonStringEnumMemberName("rejudge")] Rejudge,
}

/// <summary>Work in the background, in the database.</summary>
internal sealed class JobStore(TimeProvider time)
{
    /// <summary>The job exists if and when the transaction commits, so it belongs to the change that asks for it.</summary>
    public async Task<JobId> Enqueue(NpgsqlTransaction transaction, JobKind kind, EventId @event, int epoch, string by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var id = new JobId(Guid.CreateVersion7(now));
        await transaction.Execute(
            """
            INSERT INTO jobs (id, kind, event_id, epoch, status, input, created_at, created_by)
            VALUES ($1, $2, $3, $4, 'queued', '{}', $5, $6)
            """,
            [id.Value, WireNames<JobKind>.Of(kind), @event.Value, epoch, now, by], cancellation);
        return id;
    }
}

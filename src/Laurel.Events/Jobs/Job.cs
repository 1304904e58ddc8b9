using System.Text.Json;
using System.Text.Json.Serialization;
using Laurel.Platform.Http;

namespace Laurel.Events.Jobs;

public enum JobKind
{
    /// <summary>Folds all users of an event anew, from the stored activities.</summary>
    [JsonStringEnumMemberName("catch_up")] CatchUp,

    /// <summary>Judges the stored progress of an event by its new goals.</summary>
    [JsonStringEnumMemberName("rejudge")] Rejudge,

    /// <summary>Tries an event on the stored activities of the past.</summary>
    Backtest,

    /// <summary>Compares stored progress with what counting it anew would come to, and writes none.</summary>
    Preview,

    /// <summary>Takes activities back, and what they came to.</summary>
    Void,

    /// <summary>Takes away what tells of one user, and what it came to.</summary>
    Erasure,
}

public enum JobStatus
{
    Queued,
    Running,
    Done,
    Failed,

    /// <summary>Something newer does what it was to do, or there is no use for it any more.</summary>
    Superseded,
}

/// <summary>A job that somebody works on, under a lease.</summary>
/// <param name="Id">The job.</param>
/// <param name="Kind">What is to be done.</param>
/// <param name="Event">What it is about, if it is about one event.</param>
/// <param name="Epoch">The event's, when the job was asked for.</param>
/// <param name="Input">What is to be done, in detail: JSON that the kind knows.</param>
/// <param name="Lease">Whoever works on it.</param>
internal sealed record Job(JobId Id, JobKind Kind, EventId? Event, int? Epoch, string Input, Guid Lease)
{
    public JobStatus Status { get; init; } = JobStatus.Running;

    /// <summary>Where it stands: JSON that the kind knows; null at its beginning.</summary>
    public string? Cursor { get; init; }

    public long Done { get; init; }

    /// <summary>How often the batch that comes next has failed.</summary>
    public int Attempts { get; init; }

    /// <summary>How often the database had no time for it, which is no failure.</summary>
    public int Delays { get; init; }

    /// <summary>Null as long as it is not known.</summary>
    public long? ToGo { get; init; }

    /// <summary>What it came to: JSON; null before its end.</summary>
    public string? Result { get; init; }

    /// <summary>Why it has ended without being done.</summary>
    public string? Reason { get; init; }

    public T InputOf<T>() => Parse<T>(Input);

    /// <summary>Where it stands; this at its beginning.</summary>
    public T CursorOr<T>(T first) => Cursor is null ? first : Parse<T>(Cursor);

    public Job At<T>(T cursor, long more = 0) => this with
    {
        Cursor = JsonSerializer.Serialize(cursor, JsonRules.Options),
        Done = Done + more,
        ToGo = ToGo is { } left ? Math.Max(0, left - more) : null,
    };

    public Job Ended<T>(T result) => this with { Status = JobStatus.Done, ToGo = 0, Result = JsonSerializer.Serialize(result, JsonRules.Options) };

    public Job Failed(string reason) => this with { Status = JobStatus.Failed, Reason = reason };

    public Job Superseded(string reason) => this with { Status = JobStatus.Superseded, Reason = reason };

    /// <summary>How much to take at once, of what would be right if the batch had not ended before its time: each time a quarter.</summary>
    public int Careful(int size) => Math.Max(1, size >> Math.Min(2 * (Attempts + Delays), 30));

    private static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, JsonRules.Options) ?? throw new JsonException();
}

/// <summary>Knows how jobs of one kind are worked on.</summary>
internal interface IJobWork
{
    JobKind Kind { get; }

    /// <summary>
    /// Does one bounded batch, and in the same transaction moves the job on (<see cref="JobStore.Move(Npgsql.NpgsqlTransaction, Job, CancellationToken)"/>).
    /// Returns the job as it is then. A throw has the same batch tried again, a few times.
    /// </summary>
    Task<Job> Step(Job job, CancellationToken cancellation);
}

/// <summary>The job is no longer this process' to work on: its lease ran out and was taken by another, or it was superseded.</summary>
internal sealed class LeaseLostException(JobId job) : Exception($"The job {job} belongs to somebody else now.");

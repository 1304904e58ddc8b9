using Laurel.Rules;

namespace Laurel.Events.Activities;

/// <summary>The fate of one activity, in order of precedence.</summary>
public enum ActivityOutcome
{
    Refused,
    Duplicate,
    Accepted,
}

/// <summary>An activity on its way into the log.</summary>
internal sealed record NewActivity(string UserId, string Id, Activity Content, Guid? Source)
{
    /// <summary>
    /// Whether the same id with other content is an error of the sender's. The ids that Laurel itself gives say all that matters:
    /// a second check-in in the same quarter of an hour is the same check-in, a few minutes later.
    /// </summary>
    public bool IsContentCompared { get; init; } = true;

    public bool HasKey(string userId, string id) => UserId == userId && Id == id;

    public static NewActivity From(ActivityReport report, DateTimeOffset now, Guid source) => new(
        report.UserId,
        report.Id ?? Guid.CreateVersion7(now).ToString("N"),
        new Activity(report.Type, Stored(report.OccurredAt ?? now), report.Value, report.Attributes ?? Attributes.None),
        source);

    /// <summary>The database keeps microseconds; what is folded now must be what is folded again from there.</summary>
    public static DateTimeOffset Stored(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}

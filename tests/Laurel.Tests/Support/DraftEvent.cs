namespace Laurel.Tests.Support;

/// <summary>An event as an operator sends it. What is null is left away.</summary>
public sealed record DraftEvent(DateTimeOffset StartsAt, DateTimeOffset EndsAt, object Condition)
{
    public string Title { get; init; } = "An event";
    public string Description { get; init; } = "";
    public string TimeZone { get; init; } = "Asia/Seoul";
    public string? DayStartsAt { get; init; }
    public string? Repeats { get; init; }
    public long? ClaimWithinSeconds { get; init; }

    /// <summary>Where there are none, the operator makes a reward of ten points and offers that.</summary>
    public IReadOnlyList<object>? Offers { get; init; }
}

/// <summary>Conditions as they are sent.</summary>
public static class Goal
{
    public static object Count(string activity, long atLeast, object? where = null) => new { type = "count", activity, where, atLeast };

    public static object Sum(string activity, long atLeast, object? where = null) => new { type = "sum", activity, where, atLeast };

    public static object Max(string activity, long atLeast, object? where = null) => new { type = "max", activity, where, atLeast };

    public static object Distinct(string activity, string field, long atLeast, object? where = null) => new { type = "distinct", activity, field, where, atLeast };

    public static object Attendance(int days, string? activity = null) => new { type = "attendance", days, activity };

    public static object Streak(int days, int? grace = null, string? activity = null) => new { type = "streak", days, grace, activity };

    public static object SessionTime(long seconds) => new { type = "session_time", seconds };

    public static object Quest(string questId) => new { type = "quest", questId };

    public static object All(params IEnumerable<object> of) => new { type = "all", of };

    public static object Any(params IEnumerable<object> of) => new { type = "any", of };

    public static object AtLeast(int n, params IEnumerable<object> of) => new { type = "atLeast", n, of };
}

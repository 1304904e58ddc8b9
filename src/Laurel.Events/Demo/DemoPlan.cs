using Laurel.Events.Activities;

namespace Laurel.Events.Demo;

/// <summary>How big a demo is, and when it is played.</summary>
/// <param name="Users">How many users.</param>
/// <param name="Days">For how many days they play.</param>
/// <param name="Until">The end of the last day: when it was begun to be made.</param>
/// <param name="PlayerId">The user that somebody will sign in as.</param>
internal sealed record DemoPlan(int Users, int Days, DateTimeOffset Until, Guid PlayerId)
{
    public const int MaxUsers = 100_000;
    public const int MaxDays = 90;

    public static DemoPlan Of(int users, int days, DateTimeOffset now) => new(users, days, NewActivity.Stored(now), Guid.CreateVersion7(now));

    /// <summary>Before everything: when the events are made.</summary>
    public DateTimeOffset Opening => Until.AddDays(-Math.Max(Days, DemoEvents.Longest) - 2);

    public DateTimeOffset Since => Until.AddDays(-Days);
}

/// <summary>A demo as the database knows it.</summary>
/// <param name="Plan">What it is.</param>
/// <param name="IsMade">Whether all of it is there.</param>
internal sealed record StoredDemo(DemoPlan Plan, bool IsMade);

namespace Laurel.Events.Deliveries;

/// <summary>When an attempt that failed is made again. Pure.</summary>
internal static class RetrySchedule
{
    /// <summary>How long a game that has promised to call back is waited for, before it is told again.</summary>
    public static readonly TimeSpan CallBackWithin = TimeSpan.FromHours(1);

    /// <summary>An endpoint that asks for more time is given this much at most.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    /// <summary>After the first attempt, which is made at once.</summary>
    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>How long to wait after so many failures, this one included; null: no more, it is dead.</summary>
    /// <param name="failures">At least one.</param>
    /// <param name="dice">From 0 to 1: a fifth less to a fifth more, so that what failed together does not come again together.</param>
    /// <param name="atLeast">What the endpoint asked for.</param>
    public static TimeSpan? After(int failures, double dice, TimeSpan? atLeast = null)
    {
        if (failures > Pauses.Length)
            return null;
        var pause = Pauses[failures - 1] * (0.8 + (0.4 * dice));
        var asked = atLeast is { } wish && wish < LongestRetryAfter ? wish : atLeast is null ? TimeSpan.Zero : LongestRetryAfter;
        return pause > asked ? pause : asked;
    }
}

namespace Laurel.Rules;

/// <summary>
/// The days attended in the longest run. A run may bridge up to <paramref name="Grace"/> missed days in total, which do not count.
/// </summary>
public sealed record Streak(int Days, int Grace = 0, string Activity = DaysMeasure.CheckIn) : Leaf
{
    /// <summary>Whoever may miss a year has no streak; and a sum with it stays far from the end of its range.</summary>
    private const int MaxGrace = 365;

    internal override long Goal => Days;

    internal override Measure ToMeasure() => new DaysMeasure(Activity);

    internal override long Read(Tally tally) => tally.LongestRun(Grace);

    internal override void Check(LeafCheck check)
    {
        check.ActivityType(Activity);
        check.Range("days", Days, 1, int.MaxValue);
        check.Range("grace", Grace, 0, MaxGrace);
        check.FitsDays("days", Days, Read);
    }
}

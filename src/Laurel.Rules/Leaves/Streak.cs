namespace Laurel.Rules;

/// <summary>
/// The days attended in the longest run. A run may bridge up to <paramref name="Grace"/> missed days in total, which do not count.
/// </summary>
public sealed record Streak(int Days, int Grace = 0, string Activity = DaysMeasure.CheckIn) : Leaf
{
    internal override long Goal => Days;

    internal override Measure ToMeasure() => new DaysMeasure(Activity);

    internal override long Read(Tally tally) => tally.LongestRun(Grace);
}

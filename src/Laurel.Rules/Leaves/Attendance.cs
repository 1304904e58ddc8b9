namespace Laurel.Rules;

/// <summary>On how many local days there was such an activity.</summary>
public sealed record Attendance(int Days, string Activity = DaysMeasure.CheckIn) : Leaf
{
    internal override long Goal => Days;

    internal override Measure ToMeasure() => new DaysMeasure(Activity);

    internal override long Read(Tally tally) => tally.Total;

    internal override void Check(LeafCheck check)
    {
        check.ActivityType(Activity);
        check.Range("days", Days, 1, int.MaxValue);
        check.FitsDays("days", Days, Read);
    }
}

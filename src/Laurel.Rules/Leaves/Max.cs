namespace Laurel.Rules;

/// <summary>The largest value of such an activity.</summary>
public sealed record Max(string Activity, long AtLeast, Where? Where = null) : FilteredLeaf(Activity, Where)
{
    internal override long Goal => AtLeast;

    internal override Measure ToMeasure() => new MaxMeasure(Activity, Where);

    internal override long Read(Tally tally) => tally.Total;

    internal override void Check(LeafCheck check)
    {
        check.ActivityType(Activity);
        check.Range("atLeast", AtLeast, 1, LeafCheck.MaxGoal);
        check.Filter(Where);
    }
}

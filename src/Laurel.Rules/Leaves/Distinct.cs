namespace Laurel.Rules;

/// <summary>How many different values of an attribute there were in such activities.</summary>
public sealed record Distinct(string Activity, string Field, long AtLeast, Where? Where = null) : FilteredLeaf(Activity, Where)
{
    internal override long Goal => AtLeast;

    internal override Measure ToMeasure() => new DistinctMeasure(Activity, Field, Where);

    internal override long Read(Tally tally) => tally.Total;

    internal override void Check(LeafCheck check)
    {
        check.ActivityType(Activity);
        check.AttributeName("field", Field);
        check.Range("atLeast", AtLeast, 1, Tally.MaxHashes);
        check.Filter(Where);
    }
}

namespace Laurel.Rules;

/// <summary>The values of such activities, added up.</summary>
public sealed record Sum(string Activity, long AtLeast, Where? Where = null) : FilteredLeaf(Activity, Where)
{
    private protected override long Goal => AtLeast;

    private protected override Measure ToMeasure() => new SumMeasure(Activity, Where);

    internal override long Read(Tally tally) => tally.Total;
}

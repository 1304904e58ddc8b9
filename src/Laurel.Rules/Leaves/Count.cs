namespace Laurel.Rules;

/// <summary>How many such activities there were.</summary>
public sealed record Count(string Activity, long AtLeast, Where? Where = null) : FilteredLeaf(Activity, Where)
{
    private protected override long Goal => AtLeast;

    private protected override Measure ToMeasure() => new CountMeasure(Activity, Where);

    internal override long Read(Tally tally) => tally.Total;
}

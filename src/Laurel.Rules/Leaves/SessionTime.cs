namespace Laurel.Rules;

/// <summary>Seconds played: the sum of what sessions say that they lasted.</summary>
public sealed record SessionTime(long Seconds) : Leaf
{
    private protected override long Goal => Seconds;

    private protected override Measure ToMeasure() => new SumMeasure("session", where: null);

    internal override long Read(Tally tally) => tally.Total;
}

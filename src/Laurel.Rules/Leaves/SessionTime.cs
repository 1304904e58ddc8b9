namespace Laurel.Rules;

/// <summary>Seconds played: the sum of what sessions say that they lasted.</summary>
public sealed record SessionTime(long Seconds) : Leaf
{
    internal override long Goal => Seconds;

    internal override Measure ToMeasure() => new SumMeasure("session", where: null);

    internal override long Read(Tally tally) => tally.Total;

    internal override void Check(LeafCheck check)
    {
        check.Range("seconds", Seconds, 1, LeafCheck.MaxGoal);
        check.FitsTime("seconds", Seconds);
    }
}

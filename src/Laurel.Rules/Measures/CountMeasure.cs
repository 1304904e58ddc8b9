namespace Laurel.Rules;

internal sealed class CountMeasure(string activity, Where? where) : Measure("count", activity, where)
{
    internal override Outcome Add(in Tally before, Activity activity, Calendar calendar, out Tally after) =>
        before.TryAddNumber(1, out after) ? Outcome.Counted : Outcome.Full;
}

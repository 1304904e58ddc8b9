namespace Laurel.Rules;

/// <summary>Values are never negative, so a sum that stops at the end of its range is the same in any order.</summary>
internal sealed class SumMeasure(string activity, Where? where) : Measure("sum", activity, where)
{
    internal override Outcome Add(in Tally before, Activity activity, Calendar calendar, out Tally after)
    {
        after = before;
        return activity.Value switch
        {
            null => Outcome.ValueMissing,
            <= 0 => Outcome.ValueZero,
            { } value => before.TryAddNumber(value, out after) ? Outcome.Counted : Outcome.Full,
        };
    }
}

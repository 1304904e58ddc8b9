namespace Laurel.Rules;

internal sealed class MaxMeasure(string activity, Where? where) : Measure("max", activity, where)
{
    internal override Outcome Add(in Tally before, Activity activity, Calendar calendar, out Tally after)
    {
        after = before;
        if (activity.Value is not { } value)
            return Outcome.ValueMissing;
        if (value <= before.Total)
            return value <= 0 ? Outcome.ValueZero : Outcome.NotLargest;

        after = Tally.OfNumber(value);
        return Outcome.Counted;
    }
}

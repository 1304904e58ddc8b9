namespace Laurel.Rules;

/// <summary>
/// The set of local days. A set, since a counter of days in a row breaks when yesterday's activity arrives after today's.
/// </summary>
internal sealed class DaysMeasure(string activity) : Measure("days", activity, where: null)
{
    public const string CheckIn = "check_in";

    internal override Outcome Add(in Tally before, Activity activity, Calendar calendar, out Tally after) =>
        before.TryAddDay(calendar.DayNumberOf(activity.OccurredAt), out after) ? Outcome.Counted : Outcome.DayAlreadyCounted;
}

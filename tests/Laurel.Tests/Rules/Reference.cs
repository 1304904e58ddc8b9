using System.Numerics;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

/// <summary>
/// What the engine has to come to, found the naive way: from all activities at once, with no state, no hash and no calendar of its
/// own but a walk along the clock. Slow, and simple enough to be believed.
/// </summary>
public static class Reference
{
    public sealed record Leaf(string Path, long Current, long Target, bool Met);

    public sealed record Offer(int Ordinal, bool Met, IReadOnlyList<Leaf>? Leaves);

    public sealed record Result(DateOnly Key, bool Met, IReadOnlyList<Leaf> Leaves, IReadOnlyList<Offer> Offers)
    {
        /// <summary>As `Engine.MetBits` has it.</summary>
        public long MetBits => Offers.Where(offer => offer.Met).Aggregate(Met ? 1L : 0, (bits, offer) => bits | (1L << offer.Ordinal));
    }

    /// <summary>Every window in which something happened, by its key. Each activity given is one: leave repeats out.</summary>
    public static IReadOnlyDictionary<DateOnly, Result> Of(EventDefinition definition, IEnumerable<Activity> activities) => Of(definition.Draft, activities);

    public static IReadOnlyDictionary<DateOnly, Result> Of(EventDraft draft, IEnumerable<Activity> activities)
    {
        var days = new ReferenceDays(TimeZoneInfo.FindSystemTimeZoneById(draft.TimeZone), draft.DayStartsAt);
        return activities
            .Where(activity => activity.OccurredAt >= draft.StartsAt && activity.OccurredAt < draft.EndsAt)
            .OrderBy(activity => activity.OccurredAt)
            .Select(activity => new Fact(activity, days.DayOf(activity.OccurredAt)))
            .GroupBy(fact => KeyOf(draft.Repeats, fact.Day))
            .ToDictionary(window => window.Key, window => Judge(draft, window.Key, [.. window]));
    }

    private static Result Judge(EventDraft draft, DateOnly key, List<Fact> facts)
    {
        var met = IsMet(draft.Condition, facts);
        return new Result(
            key,
            met,
            [.. Leaves(draft.Condition, "condition", facts)],
            [
                .. draft.Offers.Select(offer => offer.Condition is null
                    ? new Offer(offer.Ordinal, met, null)
                    : new Offer(offer.Ordinal, IsMet(offer.Condition, facts), [.. Leaves(offer.Condition, "condition", facts)])),
            ]);
    }

    private static DateOnly KeyOf(Repeats repeats, DateOnly day)
    {
        if (repeats == Repeats.Once)
            return new DateOnly(2000, 1, 1);
        while ((repeats == Repeats.Weekly && day.DayOfWeek != DayOfWeek.Monday) || (repeats == Repeats.Monthly && day.Day != 1))
            day = day.AddDays(-1);
        return day;
    }

    private static bool IsMet(Condition condition, List<Fact> facts) => condition switch
    {
        All all => all.Of.All(child => IsMet(child, facts)),
        Any any => any.Of.Any(child => IsMet(child, facts)),
        AtLeast some => some.Of.Count(child => IsMet(child, facts)) >= some.N,
        _ => Current(condition, facts) >= Target(condition),
    };

    private static IEnumerable<Leaf> Leaves(Condition condition, string path, List<Fact> facts)
    {
        var children = condition switch { All all => all.Of, Any any => any.Of, AtLeast some => some.Of, _ => null };
        if (children is not null)
            return children.SelectMany((child, index) => Leaves(child, $"{path}.of[{index}]", facts));

        var (current, target) = (Current(condition, facts), Target(condition));
        return [new Leaf(path, current, target, current >= target)];
    }

    private static long Target(Condition leaf) => leaf switch
    {
        Attendance it => it.Days,
        Streak it => it.Days,
        SessionTime it => it.Seconds,
        Quest => 1,
        Count it => it.AtLeast,
        Sum it => it.AtLeast,
        Max it => it.AtLeast,
        Distinct it => it.AtLeast,
        _ => throw new ArgumentOutOfRangeException(nameof(leaf), leaf, "This leaf has no reference."),
    };

    private static long Current(Condition leaf, List<Fact> facts) => leaf switch
    {
        Attendance it => DaysWith(it.Activity, facts).Count,
        Streak it => LongestRun(DaysWith(it.Activity, facts), it.Grace),
        SessionTime => Total(Of("session", null, facts)),
        Quest it => Of("quest_clear", null, facts).Count(activity => activity.Attributes.Any(pair => pair.Key == "questId" && pair.Value.Text == it.QuestId)),
        Count it => Of(it.Activity, it.Where, facts).Count(),
        Sum it => Total(Of(it.Activity, it.Where, facts)),
        Max it => Of(it.Activity, it.Where, facts).Max(activity => activity.Value) ?? 0,
        Distinct it => Math.Min(1_000, Of(it.Activity, it.Where, facts).SelectMany(activity => activity.Attributes).Where(pair => pair.Key == it.Field).Select(pair => pair.Value).Distinct().Count()),
        _ => throw new ArgumentOutOfRangeException(nameof(leaf), leaf, "This leaf has no reference."),
    };

    private static IEnumerable<Activity> Of(string type, Where? where, List<Fact> facts) =>
        facts.Select(fact => fact.Activity).Where(activity => activity.Type == type && (where is null || where.All(test => Passes(test.Value, Find(activity, test.Key)))));

    private static Scalar? Find(Activity activity, string name) =>
        activity.Attributes.Where(pair => pair.Key == name).Select(pair => (Scalar?)pair.Value).SingleOrDefault();

    private static bool Passes(Test test, Scalar? value)
    {
        if (value is not { } given)
            return false;
        if (test.Eq is { } only)
            return given.Equals(only);
        if (test.In is { } values)
            return values.Any(each => each.Equals(given));
        return given.Number is { } number && number >= (test.Gte ?? decimal.MinValue) && number <= (test.Lte ?? decimal.MaxValue);
    }

    private static long Total(IEnumerable<Activity> activities) =>
        (long)BigInteger.Min(long.MaxValue, activities.Aggregate(BigInteger.Zero, (sum, activity) => sum + (activity.Value ?? 0)));

    private static List<int> DaysWith(string type, List<Fact> facts) =>
        [.. facts.Where(fact => fact.Activity.Type == type).Select(fact => fact.Day.DayNumber).Distinct().Order()];

    /// <summary>Every run from one attended day to another, and of those that miss few enough days the one with the most.</summary>
    private static long LongestRun(List<int> days, int grace)
    {
        var longest = 0;
        for (var first = 0; first < days.Count; first++)
        {
            for (var last = first; last < days.Count; last++)
            {
                var attended = last - first + 1;
                var passed = days[last] - days[first] + 1;
                if (passed - attended <= grace)
                    longest = Math.Max(longest, attended);
            }
        }

        return longest;
    }

    private sealed record Fact(Activity Activity, DateOnly Day);
}

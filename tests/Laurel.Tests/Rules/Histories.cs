using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

/// <summary>An event, and what a user did around it.</summary>
public sealed record History(EventDefinition Event, Activity[] Activities)
{
    /// <summary>The progress of each window, as the engine folds it in the order given.</summary>
    public Dictionary<DateOnly, Progress> Fold(IEnumerable<Activity> activities) => Fold(Event, activities);

    public static Dictionary<DateOnly, Progress> Fold(EventDefinition definition, IEnumerable<Activity> activities)
    {
        var progress = new Dictionary<DateOnly, Progress>();
        foreach (var activity in activities)
        {
            if (definition.Calendar.WindowOf(activity.OccurredAt) is { } window)
                progress[window.Key] = Engine.Fold(definition, progress.GetValueOrDefault(window.Key, Progress.Empty), activity);
        }

        return progress;
    }

    public override string ToString() =>
        $"{Event.Draft.StartsAt:O} to {Event.Draft.EndsAt:O}, {Event.Draft.TimeZone} {Event.Draft.DayStartsAt:HH:mm} {Event.Draft.Repeats}\n{JsonSerializer.Serialize(Event.Draft.Condition, JsonRules.Options)}\n"
        + string.Join('\n', Activities.Select(activity => $"{activity.OccurredAt:O} {activity.Type} {activity.Value} {activity.Attributes}"));
}

/// <summary>Random events and histories, in few words so that much of it meets, and close to where days and windows begin.</summary>
public static class Histories
{
    private static readonly string[] Types = ["check_in", "hunt", "session", "quest_clear", "never_measured"];

    private static readonly Gen<Scalar> Value = Gen.Elements<Scalar>("forest", "desert", "숲", "", 1m, 1.0m, 2.5m, -3m, 10m, true, false);

    private static readonly Gen<Attributes> SomeAttributes =
        from map in Gen.OneOf(Value.Select(Scalar? (value) => value), Gen.Constant<Scalar?>(null))
        from level in Gen.OneOf(Value.Select(Scalar? (value) => value), Gen.Constant<Scalar?>(null))
        from quest in Gen.Elements<Scalar?>(null, "first", "second", 1m)
        select Attributes.Of(new[] { ("map", map), ("level", level), ("questId", quest) }
            .Where(pair => pair.Item2 is not null)
            .Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2!.Value)));

    private static readonly Gen<long?> Amount = Gen.Elements<long?>(null, 0, 1, 2, 7, 100, (1L << 53) - 1, long.MaxValue);

    private static readonly Gen<Test> SomeTest = Gen.OneOf(
        Value.Select(Test.Equal),
        Value.ListOf(3).Select(values => new Test(@in: values)),
        Gen.Elements(new Test(gte: 1), new Test(lte: 2.5m), new Test(gte: 1, lte: 2.5m)));

    private static readonly Gen<Where?> SomeWhere =
        from map in SomeTest
        from level in SomeTest
        from kind in Gen.Choose(0, 3)
        select kind switch
        {
            0 => null,
            1 => new Where(KeyValuePair.Create("map", map)),
            2 => new Where(KeyValuePair.Create("level", level)),
            _ => new Where(KeyValuePair.Create("map", map), KeyValuePair.Create("level", level)),
        };

    private static readonly Gen<Condition> SomeLeaf =
        from kind in Gen.Choose(0, 7)
        from type in Gen.Elements(Types[..4])
        from goal in Gen.Choose(1, 9)
        from grace in Gen.Choose(0, 3)
        from field in Gen.Elements("map", "level", "absent")
        from filter in SomeWhere
        select kind switch
        {
            0 => (Condition)new Attendance(goal, type),
            1 => new Streak(goal, grace, type),
            2 => new SessionTime(goal * 20),
            3 => new Quest(goal < 5 ? "first" : "second"),
            4 => new Count(type, goal, filter),
            5 => new Sum(type, goal * 30, filter),
            6 => new Max(type, goal * 30, filter),
            _ => new Distinct(type, field, goal, filter),
        };

    /// <summary>A kind of leaf that these do not make would be true to no law.</summary>
    public static IEnumerable<Type> KindsOfLeaves() => SomeLeaf.Sample(1_000).Select(leaf => leaf.GetType()).Distinct();

    private static Gen<Condition> SomeCondition(int depth) =>
        depth == 0
            ? SomeLeaf
            : from kind in Gen.Choose(0, 4)
              from leaf in SomeLeaf
              from size in Gen.Choose(1, 3)
              from children in SomeCondition(depth - 1).ListOf(size)
              from n in Gen.Choose(1, size)
              select kind switch
              {
                  0 => new All([.. children]),
                  1 => new Any([.. children]),
                  2 => new AtLeast(n, [.. children]),
                  _ => leaf,
              };

    private static readonly Gen<IReadOnlyList<OfferRule>> SomeOffers =
        from count in Gen.Choose(0, 3)
        from own in SomeCondition(1).ListOf(3)
        from hasOwn in Gen.Elements(true, false).ListOf(3)
        select (IReadOnlyList<OfferRule>)[.. Enumerable.Range(0, count).Select(index => new OfferRule((index * 20) + 1, hasOwn[index] ? own[index] : null))];

    /// <summary>Events of hours to months, often across a change of the clock.</summary>
    public static Gen<EventDefinition> Events { get; } =
        from place in Zones.Anywhere
        from before in Gen.Choose(0, 20 * 24 * 60)
        from length in Gen.OneOf(Gen.Choose(1, 3 * 24 * 60), Gen.Choose(1, 70 * 24 * 60))
        from dayStartsAt in Zones.DayStarts(place)
        from repeats in Gen.Elements(Repeats.Once, Repeats.Daily, Repeats.Weekly, Repeats.Monthly)
        from condition in SomeCondition(2)
        from offers in SomeOffers
        let start = place.Instant.AddMinutes(-before)
        let draft = new EventDraft(start, start.AddMinutes(length), place.Zone.Id, dayStartsAt, repeats, condition, offers)
        where EventDefinition.Check(draft).All(flaw => flaw.Code == "unreachable")
        select EventDefinition.Create(draft);

    public static Gen<History> Some { get; } =
        from definition in Events
        from count in Gen.Choose(0, 40)
        from activities in SomeActivity(definition).ListOf(count)
        select new History(definition, [.. activities]);

    public static Gen<Activity> SomeActivity(EventDefinition definition) =>
        from at in SomeInstant(definition)
        from type in Gen.Elements(Types)
        from value in Amount
        from attributes in SomeAttributes
        select new Activity(type, at, value, attributes);

    /// <summary>In the period or a little beside it; as often as not about the beginning of a day.</summary>
    private static Gen<DateTimeOffset> SomeInstant(EventDefinition definition)
    {
        var (start, end) = (definition.Draft.StartsAt, definition.Draft.EndsAt);
        return
            from part in Gen.Choose(-20, 1020)
            from atBoundary in Gen.Elements(true, false)
            from offset in Gen.Elements(-1L, 0, 1, TimeSpan.TicksPerSecond, -TimeSpan.TicksPerHour, 12 * TimeSpan.TicksPerHour)
            let somewhere = start + ((end - start) * (part / 1000.0))
            select atBoundary ? definition.Calendar.StartOfDay(definition.Calendar.DayOf(somewhere)).AddTicks(offset) : somewhere;
    }
}

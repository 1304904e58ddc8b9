using Laurel.Rules;

namespace Laurel.Tests.Rules;

public sealed class Explaining
{
    private static readonly Where Forest = Where.Equal("map", "forest");

    public static TheoryData<Condition, Activity[], Activity, Outcome, string?> Reasons => new()
    {
        { new Attendance(3), [], Cases.On(5), Outcome.Counted, null },
        { new Attendance(3), [Cases.On(5)], Cases.On(5), Outcome.DayAlreadyCounted, null },
        { new Attendance(3), [], Cases.On(5, "login"), Outcome.TypeNotMeasured, null },
        { new Streak(3), [Cases.On(5)], Cases.On(9), Outcome.Counted, null },
        { new SessionTime(60), [], Cases.On(5, "session"), Outcome.ValueMissing, null },
        { new SessionTime(60), [], Cases.On(5, "session", 0), Outcome.ValueZero, null },
        { new SessionTime(60), [], Cases.On(5, "session", 1), Outcome.Counted, null },
        { new Sum("hunt", 60), [Cases.On(5, "hunt", long.MaxValue)], Cases.On(5, "hunt", 1), Outcome.Full, null },
        { new Quest("first"), [], Cases.On(5, "quest_clear", null, ("questId", "first")), Outcome.Counted, null },
        { new Quest("first"), [], Cases.On(5, "quest_clear", null, ("questId", "second")), Outcome.WhereNotMet, "questId" },
        { new Quest("first"), [], Cases.On(5, "quest_clear"), Outcome.WhereNotMet, "questId" },
        { new Count("hunt", 9, Forest), [], Cases.On(5, "hunt", null, ("map", "forest")), Outcome.Counted, null },
        { new Count("hunt", 9, Forest), [], Cases.On(5, "hunt", null, ("map", "desert")), Outcome.WhereNotMet, "map" },
        { new Max("hunt", 9), [Cases.On(5, "hunt", 7)], Cases.On(6, "hunt", 7), Outcome.NotLargest, null },
        { new Max("hunt", 9), [Cases.On(5, "hunt", 7)], Cases.On(6, "hunt", 8), Outcome.Counted, null },
        { new Max("hunt", 9), [], Cases.On(6, "hunt"), Outcome.ValueMissing, null },
        { new Max("hunt", 9), [], Cases.On(6, "hunt", 0), Outcome.ValueZero, null },
        { new Distinct("hunt", "map", 9), [], Cases.On(5, "hunt", null, ("level", 3)), Outcome.FieldMissing, "map" },
        { new Distinct("hunt", "map", 9), [Cases.On(5, "hunt", null, ("map", 1))], Cases.On(5, "hunt", null, ("map", 1.0m)), Outcome.ValueAlreadyCounted, null },
        { new Distinct("hunt", "map", 9), [Cases.On(5, "hunt", null, ("map", 1))], Cases.On(5, "hunt", null, ("map", "1")), Outcome.Counted, null },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void An_activity_counted_or_there_is_a_reason(Condition leaf, Activity[] before, Activity activity, Outcome outcome, string? attribute)
    {
        var definition = Cases.Event(leaf);
        var progress = before.Aggregate(Progress.Empty, (progress, each) => Engine.Fold(definition, progress, each));
        var explanation = Engine.Explain(definition, progress, activity);

        Assert.Equal((outcome, attribute), explanation.Leaves.Select(each => (each.Outcome, each.Attribute)).Single());
        Assert.Equal(outcome == Outcome.Counted, explanation.Counted);
        Assert.Equal(outcome == Outcome.Counted, !ReferenceEquals(progress, Engine.Fold(definition, progress, activity)));
    }

    [Fact]
    public void Each_leaf_of_the_event_and_of_its_offers_has_its_own_line()
    {
        var definition = EventDefinition.Create(Cases.Draft with
        {
            Condition = new All([new Attendance(3), new Any([new Streak(2), new Count("hunt", 1, Forest)])]),
            Offers = [new OfferRule(4, null), new OfferRule(9, new Count("hunt", 5))],
        });

        Assert.Equal(
            [
                new LeafExplanation(0, "condition.of[0]", "attendance", Outcome.TypeNotMeasured, null),
                new LeafExplanation(0, "condition.of[1].of[0]", "streak", Outcome.TypeNotMeasured, null),
                new LeafExplanation(0, "condition.of[1].of[1]", "count", Outcome.WhereNotMet, "map"),
                new LeafExplanation(9, "condition", "count", Outcome.Counted, null),
            ],
            Engine.Explain(definition, Progress.Empty, Cases.On(5, "hunt")).Leaves);
    }
}

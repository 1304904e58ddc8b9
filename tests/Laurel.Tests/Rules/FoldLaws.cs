using System.Reflection;
using System.Text.Json.Serialization;
using FsCheck;
using FsCheck.Fluent;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

public sealed class FoldLaws
{
    [Fact]
    public void The_fold_comes_to_what_the_naive_way_comes_to()
    {
        Prop.ForAll(Histories.Some.ToArbitrary(), history =>
        {
            var expected = Reference.Of(history.Event, history.Activities);
            var folded = history.Fold(history.Activities);

            Assert.Equal(expected.Keys.Order(), folded.Keys.Order());
            foreach (var (key, progress) in folded)
            {
                var verdict = Engine.Judge(history.Event, progress);
                Assert.Equal(expected[key].Met, verdict.Met);
                Assert.Equal(expected[key].Leaves, verdict.Leaves.Select(AsReference));
                Assert.Equal(expected[key].MetBits, Engine.MetBits(history.Event, progress));
                Assert.Equal(expected[key].Offers.Select(offer => (offer.Ordinal, offer.Met)), verdict.Offers.Select(offer => (offer.Ordinal, offer.Met)));
                Assert.Equal(
                    expected[key].Offers.SelectMany(offer => offer.Leaves ?? []),
                    verdict.Offers.SelectMany(offer => offer.Leaves ?? []).Select(AsReference));
                Assert.All(verdict.Leaves, leaf => Assert.Equal(Math.Max(0, leaf.Target - leaf.Current), leaf.Missing));
            }
        }).Check(Laws.Config);
    }

    [Fact]
    public void Law_1_any_order_of_arrival_gives_the_same_progress()
    {
        var shuffled =
            from history in Histories.Some
            from order in Gen.Shuffle(history.Activities)
            select (history, order);

        Prop.ForAll(shuffled.ToArbitrary(), it => Same(it.history.Fold(it.history.Activities), it.history.Fold(it.order))).Check(Laws.Config);
    }

    [Fact]
    public void Law_1_duplicates_change_nothing_where_a_set_or_a_largest_is_kept()
    {
        var repeated =
            from history in Histories.Some
            from again in Gen.SubListOf(history.Activities)
            from order in Gen.Shuffle([.. history.Activities, .. again])
            select (history, order);

        Prop.ForAll(repeated.ToArbitrary(), it =>
        {
            var (once, twice) = (it.history.Fold(it.history.Activities), it.history.Fold(it.order));
            var sets = AllLeaves(it.history.Event).Where(leaf => leaf is Attendance or Streak or Max or Distinct).ToList();
            return once.All(window => sets.All(leaf => leaf.Current(window.Value) == leaf.Current(twice[window.Key])));
        }).Check(Laws.Config);
    }

    [Fact]
    public void Law_2_an_edit_of_goals_alone_keeps_everybodys_progress()
    {
        var edited =
            from history in Histories.Some
            from more in Gen.Choose(1, 5)
            select (history, more);

        Prop.ForAll(edited.ToArbitrary(), it =>
        {
            var draft = it.history.Event.Draft;
            var edit = EventDefinition.Create(draft with
            {
                Condition = Harder(draft.Condition, it.more),
                Offers = [.. draft.Offers.Select(offer => offer with { Condition = offer.Condition is null ? null : Harder(offer.Condition, it.more) })],
            });

            Assert.Equal(it.history.Event.Measured, edit.Measured);
            foreach (var (_, progress) in it.history.Fold(it.history.Activities))
            {
                var (before, after) = (Engine.Judge(it.history.Event, progress), Engine.Judge(edit, progress));
                Assert.Equal(before.Leaves.Select(leaf => leaf.Current), after.Leaves.Select(leaf => leaf.Current));
                Assert.Equal(before.Leaves.Select(leaf => leaf.Type == "quest" ? 1 : leaf.Target + it.more), after.Leaves.Select(leaf => leaf.Target));
            }

            return Same(it.history.Fold(it.history.Activities), History.Fold(edit, it.history.Activities));
        }).Check(Laws.Config);
    }

    [Fact]
    public void Law_2_current_is_not_clamped_and_sums_saturate()
    {
        var numbers =
            from goal in Gen.Choose(1, 10)
            from values in Gen.Elements(1L, 5, 1_000, (1L << 53) - 1, long.MaxValue / 3, long.MaxValue).ListOf()
            select (goal, values);

        Prop.ForAll(numbers.ToArbitrary(), it =>
        {
            var sum = new Sum("hunt", it.goal);
            var definition = Cases.Event(new All([sum, new Count("hunt", it.goal)]));
            var progress = it.values.Aggregate(Progress.Empty, (progress, value) => Engine.Fold(definition, progress, Cases.Activity("hunt", value)));
            var exact = it.values.Aggregate(System.Numerics.BigInteger.Zero, (sum, value) => sum + value);
            return sum.Current(progress) == (exact > long.MaxValue ? long.MaxValue : (long)exact)
                && new Count("hunt", 1).Current(progress) == it.values.Count
                && Engine.MetBits(definition, progress) == (it.values.Count >= it.goal && exact >= it.goal ? 1 : 0);
        }).Check(Laws.Config);
    }

    [Fact]
    public void Law_3_a_met_condition_stays_met_and_what_changes_nothing_returns_the_same_progress()
    {
        Prop.ForAll(Histories.Some.ToArbitrary(), history =>
        {
            var progress = new Dictionary<DateOnly, Progress>();
            foreach (var activity in history.Activities)
            {
                if (history.Event.Calendar.WindowOf(activity.OccurredAt) is not { } window)
                    continue;

                var before = progress.GetValueOrDefault(window.Key, Progress.Empty);
                var bytes = before.Encode();
                var after = Engine.Fold(history.Event, before, activity);
                var (metBefore, metAfter) = (Engine.MetBits(history.Event, before), Engine.MetBits(history.Event, after));

                Assert.Equal(metBefore, metBefore & metAfter);
                Assert.Equal(bytes, before.Encode());
                Assert.Equal(ReferenceEquals(before, after), before.Equals(after));
                Assert.Equal(!ReferenceEquals(before, after), Engine.Explain(history.Event, before, activity).Counted);
                progress[window.Key] = after;
            }
        }).Check(Laws.Config);
    }

    [Fact]
    public void Law_5_what_is_stored_and_read_in_between_makes_no_difference()
    {
        Prop.ForAll(Histories.Some.ToArbitrary(), history =>
        {
            var stored = new Dictionary<DateOnly, byte[]>();
            foreach (var activity in history.Activities)
            {
                if (history.Event.Calendar.WindowOf(activity.OccurredAt) is { } window)
                    stored[window.Key] = Engine.Fold(history.Event, Progress.Decode(stored.GetValueOrDefault(window.Key) ?? Progress.Empty.Encode()), activity).Encode();
            }

            var folded = history.Fold(history.Activities);
            Assert.Equal(folded.Keys.Order(), stored.Keys.Order());
            Assert.All(stored, window => Assert.Equal(folded[window.Key].Encode(), window.Value));
            return Same(folded, stored.ToDictionary(window => window.Key, window => Progress.Decode(window.Value)));
        }).Check(Laws.Config);
    }

    [Fact]
    public void Many_different_values_end_in_the_same_thousand_in_any_order()
    {
        var values =
            from count in Gen.Choose(900, 1_200)
            from start in Gen.Choose(0, 1_000_000)
            from order in Gen.Shuffle(Enumerable.Range(start, count).ToArray())
            select order;

        var definition = Cases.Event(new Distinct("hunt", "monster", 1_000));
        var few = Laws.Config.WithMaxTest(Math.Max(50, Laws.Config.MaxTest / 100));
        Prop.ForAll(values.ToArbitrary(), order =>
        {
            var progress = Fold(order);
            return progress.Equals(Fold(order.Order())) && new Distinct("hunt", "monster", 1).Current(progress) == Math.Min(1_000, order.Length);
        }).Check(few);

        Progress Fold(IEnumerable<int> monsters) =>
            monsters.Aggregate(Progress.Empty, (progress, monster) => Engine.Fold(definition, progress, Cases.Activity("hunt", null, ("monster", monster))));
    }

    [Fact]
    public void Progress_of_an_older_definition_is_ignored_and_left_behind_at_the_next_change()
    {
        var two =
            from history in Histories.Some
            from other in Histories.Events
            select (history, other);

        Prop.ForAll(two.ToArbitrary(), it =>
        {
            var keys = it.other.Measures.Select(measure => measure.Key).ToHashSet();
            foreach (var (_, old) in it.history.Fold(it.history.Activities))
            {
                var kept = new Progress([.. old.Entries.Where(entry => keys.Contains(entry.Key))]);
                Assert.Equal(Engine.MetBits(it.other, kept), Engine.MetBits(it.other, old));
                foreach (var activity in it.history.Activities)
                {
                    var after = Engine.Fold(it.other, old, activity);
                    Assert.Equal(Engine.Fold(it.other, kept, activity), ReferenceEquals(after, old) ? kept : after);
                }
            }
        }).Check(Laws.Config.WithMaxTest(Math.Max(100, Laws.Config.MaxTest / 10)));
    }

    [Fact]
    public void Every_kind_of_leaf_takes_part_in_the_laws()
    {
        var known = typeof(Condition).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(kind => kind.DerivedType).Where(kind => kind.IsSubclassOf(typeof(Leaf)));

        Assert.Equal(known.Select(kind => kind.Name).Order(), Histories.KindsOfLeaves().Select(kind => kind.Name).Order());
    }

    private static bool Same(Dictionary<DateOnly, Progress> left, Dictionary<DateOnly, Progress> right) =>
        left.Count == right.Count && left.All(window => right[window.Key].Equals(window.Value) && right[window.Key].Encode().AsSpan().SequenceEqual(window.Value.Encode()));

    private static Reference.Leaf AsReference(LeafVerdict leaf) => new(leaf.Path, leaf.Current, leaf.Target, leaf.Met);

    private static IEnumerable<Leaf> AllLeaves(EventDefinition definition) =>
        definition.Draft.Offers.Select(offer => offer.Condition).OfType<Condition>().Prepend(definition.Draft.Condition).SelectMany(LeavesOf);

    private static IEnumerable<Leaf> LeavesOf(Condition condition) => condition is Combinator group ? group.Of.SelectMany(LeavesOf) : [(Leaf)condition];

    private static Condition Harder(Condition condition, int more) => condition switch
    {
        All all => new All([.. all.Of.Select(child => Harder(child, more))]),
        Any any => new Any([.. any.Of.Select(child => Harder(child, more))]),
        AtLeast some => some with { Of = [.. some.Of.Select(child => Harder(child, more))] },
        Attendance it => it with { Days = it.Days + more },
        Streak it => it with { Days = it.Days + more },
        SessionTime it => it with { Seconds = it.Seconds + more },
        Count it => it with { AtLeast = it.AtLeast + more },
        Sum it => it with { AtLeast = it.AtLeast + more },
        Max it => it with { AtLeast = it.AtLeast + more },
        Distinct it => it with { AtLeast = it.AtLeast + more },
        Quest => condition,
        _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "There is no harder one of this kind."),
    };
}

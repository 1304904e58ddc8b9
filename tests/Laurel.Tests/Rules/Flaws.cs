using FsCheck;
using FsCheck.Fluent;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

/// <summary>What an operator may not create, and the path and code that tell them why.</summary>
public sealed class Flaws
{
    private static readonly Condition Quest = new Quest("first");

    public static TheoryData<Func<EventDraft, EventDraft>, string, string> Events => new()
    {
        { draft => draft with { TimeZone = "Asia/Atlantis" }, "timeZone", "unknown_zone" },
        { draft => draft with { TimeZone = "asia/seoul" }, "timeZone", "unknown_zone" },
        { draft => draft with { TimeZone = "" }, "timeZone", "unknown_zone" },
        { draft => draft with { TimeZone = "localtime" }, "timeZone", "unknown_zone" },
        { draft => draft with { TimeZone = "Korea Standard Time" }, "timeZone", "unknown_zone" },
        { draft => draft with { TimeZone = "../../../etc/passwd" }, "timeZone", "unknown_zone" },
        { draft => draft with { TimeZone = "Asia/Seoul\n" }, "timeZone", "unknown_zone" },
        { draft => draft with { EndsAt = draft.StartsAt }, "endsAt", "end_before_start" },
        { draft => draft with { EndsAt = draft.StartsAt.AddDays(-1) }, "endsAt", "end_before_start" },
        { draft => draft with { StartsAt = new DateTimeOffset(1999, 12, 31, 23, 59, 59, TimeSpan.Zero), EndsAt = new DateTimeOffset(2000, 2, 1, 0, 0, 0, TimeSpan.Zero) }, "startsAt", "out_of_range" },
        { draft => draft with { StartsAt = new DateTimeOffset(2100, 12, 1, 0, 0, 0, TimeSpan.Zero), EndsAt = new DateTimeOffset(2101, 1, 1, 0, 0, 0, TimeSpan.Zero) }, "endsAt", "out_of_range" },
        { draft => draft with { EndsAt = new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero) }, "endsAt", "out_of_range" },
        { draft => draft with { EndsAt = draft.StartsAt.AddYears(10).AddTicks(1) }, "endsAt", "period_too_long" },
        { draft => draft with { DayStartsAt = new TimeOnly(5, 10) }, "dayStartsAt", "not_a_quarter_hour" },
        { draft => draft with { DayStartsAt = new TimeOnly(5, 15, 1) }, "dayStartsAt", "not_a_quarter_hour" },
        { draft => draft with { Offers = [new OfferRule(0, null)] }, "offers[0].ordinal", "out_of_range" },
        { draft => draft with { Offers = [new OfferRule(63, null)] }, "offers[0].ordinal", "out_of_range" },
        { draft => draft with { Offers = [new OfferRule(1, null), new OfferRule(1, null)] }, "offers[1].ordinal", "ordinal_taken" },
        { draft => draft with { Offers = [.. Enumerable.Range(1, 51).Select(ordinal => new OfferRule(ordinal, null))] }, "offers", "too_many" },
        { draft => draft with { Offers = [new OfferRule(1, null), new OfferRule(2, new All([Quest, Quest]))] }, "offers[1].condition.of[1]", "same_leaf_twice" },
        { draft => draft with { Offers = [new OfferRule(1, new Any([Quest, new Any([new Attendance(40)])]))] }, "offers[0].condition.of[1].of[0].days", "unreachable" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_with_one_flaw_is_refused_for_it(Func<EventDraft, EventDraft> spoil, string path, string code)
    {
        Assert.Empty(EventDefinition.Check(Cases.Draft));
        Assert.Equal([(path, code)], EventDefinition.Check(spoil(Cases.Draft)).Select(flaw => (flaw.Path, flaw.Code)));
    }

    public static TheoryData<Condition, string, string> Conditions => new()
    {
        { new All([]), "condition.of", "no_children" },
        { new Any([]), "condition.of", "no_children" },
        { new AtLeast(1, []), "condition.of", "no_children" },
        { new AtLeast(0, [Quest]), "condition.n", "out_of_range" },
        { new AtLeast(2, [Quest]), "condition.n", "out_of_range" },
        { Nested(6), "condition.of[0].of[0].of[0].of[0].of[0]", "too_deep" },
        { Many(21), "condition", "too_many_leaves" },
        { new All([Many(11), new Any([.. Enumerable.Range(0, 10).Select(index => new Quest($"other {index}"))])]), "condition", "too_many_leaves" },
        { new All([Quest, new Any([new Quest("second"), Quest])]), "condition.of[1].of[1]", "same_leaf_twice" },
        { new All([new Attendance(3), new Attendance(3)]), "condition.of[1]", "same_leaf_twice" },
        { new All([Filtered(new Test(1.0m)), Filtered(new Test(@in: [1]))]), "condition.of[1]", "same_leaf_twice" },
        { new All([Filtered(new Test(@in: [1, 2])), Filtered(new Test(@in: [2, 1.0m, 2]))]), "condition.of[1]", "same_leaf_twice" },
        { new All([new Count("hunt", 1), new Count("hunt", 1, new Where([]))]), "condition.of[1]", "same_leaf_twice" },
        { new Attendance(0), "condition.days", "out_of_range" },
        { new Attendance(-1), "condition.days", "out_of_range" },
        { new Attendance(3, ""), "condition.activity", "invalid_name" },
        { new Attendance(3, "check in"), "condition.activity", "invalid_name" },
        { new Attendance(3, new string('a', 65)), "condition.activity", "invalid_name" },
        { new Attendance(32), "condition.days", "unreachable" },
        { new Streak(0), "condition.days", "out_of_range" },
        { new Streak(3, -1), "condition.grace", "out_of_range" },
        { new Streak(3, 366), "condition.grace", "out_of_range" },
        { new Streak(32, 31), "condition.days", "unreachable" },
        { new SessionTime(0), "condition.seconds", "out_of_range" },
        { new SessionTime(1L << 53), "condition.seconds", "out_of_range" },
        { new SessionTime((31 * 86_400) + 1), "condition.seconds", "unreachable" },
        { new Quest(""), "condition.questId", "length" },
        { new Quest(new string('a', 129)), "condition.questId", "length" },
        { new Count("숲", 1), "condition.activity", "invalid_name" },
        { new Count("hunt", 0), "condition.atLeast", "out_of_range" },
        { new Count("hunt", 1L << 53), "condition.atLeast", "out_of_range" },
        { new Sum("hunt", -1), "condition.atLeast", "out_of_range" },
        { new Sum("hunt", 1L << 53), "condition.atLeast", "out_of_range" },
        { new Max("hunt", 0), "condition.atLeast", "out_of_range" },
        { new Max("a/b", 1), "condition.activity", "invalid_name" },
        { new Distinct("hunt", "monster", 0), "condition.atLeast", "out_of_range" },
        { new Distinct("hunt", "monster", 1_001), "condition.atLeast", "out_of_range" },
        { new Distinct("hunt", "", 1), "condition.field", "invalid_name" },
        { new Distinct("hunt", new string('a', 65), 1), "condition.field", "invalid_name" },
        { new Distinct("hunt", "a\u0007", 1), "condition.field", "invalid_name" },
        { new Count("hunt", 1, new Where(Enumerable.Range(0, 11).Select(index => KeyValuePair.Create($"a{index}", Test.Equal(1))))), "condition.where", "too_many" },
        { new Count("hunt", 1, Where.Equal("", 1)), "condition.where.", "invalid_name" },
        { Filtered(new Test()), "condition.where.level", "empty_test" },
        { Filtered(new Test(1, gte: 1)), "condition.where.level", "combined_tests" },
        { Filtered(new Test(1, [1, 2])), "condition.where.level", "combined_tests" },
        { Filtered(new Test(@in: [1, 2], lte: 1)), "condition.where.level", "combined_tests" },
        { Filtered(new Test(gte: 2, lte: 1)), "condition.where.level", "empty_range" },
        { Filtered(new Test(new string('a', 257))), "condition.where.level", "length" },
        { Filtered(new Test(@in: ["b", new string('a', 257)])), "condition.where.level.in", "length" },
        { Filtered(new Test(@in: [])), "condition.where.level.in", "too_many" },
        { Filtered(new Test(@in: Enumerable.Range(0, 101).Select(value => Scalar.Of((decimal)value)))), "condition.where.level.in", "too_many" },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_with_one_flaw_is_refused_for_it(Condition condition, string path, string code)
    {
        Assert.Equal([(path, code)], EventDefinition.Check(Cases.Draft with { Condition = condition }).Select(flaw => (flaw.Path, flaw.Code)));
        if (code != "unreachable")
            Assert.Throws<ArgumentException>(() => Cases.Event(condition));
    }

    public static TheoryData<Condition> Fine => new()
    {
        Nested(5),
        Many(20),
        new All([new Attendance(3), new Attendance(4), new Streak(3), new Streak(3, 1), new Attendance(3, "login")]),
        new All([new Count("hunt", 1), new Sum("hunt", 1), new Max("hunt", 1)]),
        new Attendance(31),
        new Streak(31),
        new SessionTime(31 * 86_400),
        new Count("A_b.c:d-0", (1L << 53) - 1),
        new Distinct("hunt", new string('숲', 64), 1_000),
        Filtered(new Test(gte: 1, lte: 1)),
        Filtered(new Test(@in: Enumerable.Range(0, 100).Select(value => Scalar.Of((decimal)value)))),
        Filtered(new Test(new string('a', 256))),
        new Quest(new string('a', 128)),
        new AtLeast(1, [Quest]),
    };

    [Theory]
    [MemberData(nameof(Fine))]
    public void What_is_just_within_the_limits_is_fine(Condition condition) => Assert.Empty(EventDefinition.Check(Cases.Draft with { Condition = condition }));

    public static TheoryData<string, string, string, string, Repeats, int> Room => new()
    {
        // zone, from, to (local), day starts at, repeats, the most days that a window touches
        { "Asia/Seoul", "2026-01-01T00:00", "2026-01-06T00:00", "00:00", Repeats.Once, 5 },
        { "Asia/Seoul", "2026-01-01T00:00", "2026-01-06T00:00", "05:00", Repeats.Once, 6 },
        { "Asia/Seoul", "2026-01-01T12:00", "2026-01-01T12:01", "00:00", Repeats.Once, 1 },
        { "Asia/Seoul", "2026-01-01T00:00", "2026-03-01T00:00", "00:00", Repeats.Daily, 1 },
        { "Asia/Seoul", "2026-01-01T00:00", "2026-03-01T00:00", "00:00", Repeats.Weekly, 7 },
        { "Asia/Seoul", "2026-01-01T00:00", "2026-01-08T00:00", "00:00", Repeats.Weekly, 4 },
        { "Asia/Seoul", "2026-01-01T00:00", "2026-03-01T00:00", "00:00", Repeats.Monthly, 31 },
        { "Asia/Seoul", "2026-02-01T00:00", "2026-03-01T00:00", "00:00", Repeats.Monthly, 28 },
        { "America/New_York", "2026-03-08T00:00", "2026-03-09T00:00", "00:00", Repeats.Once, 1 },
        { "America/New_York", "2026-03-08T00:00", "2026-03-09T00:00", "23:00", Repeats.Once, 2 },
        { "Pacific/Apia", "2011-12-26T00:00", "2012-01-02T00:00", "00:00", Repeats.Weekly, 6 },
    };

    [Theory]
    [MemberData(nameof(Room))]
    public void A_goal_of_days_fits_the_longest_window_or_is_refused(string zone, string from, string to, string dayStartsAt, Repeats repeats, int most)
    {
        var draft = Cases.Draft with
        {
            StartsAt = At(from),
            EndsAt = At(to),
            TimeZone = zone,
            DayStartsAt = TimeOnly.Parse(dayStartsAt),
            Repeats = repeats,
            Condition = new Attendance(most),
        };
        var more = draft with { Condition = new Attendance(most + 1) };

        Assert.Empty(EventDefinition.Check(draft));
        Assert.Equal([("condition.days", "unreachable")], EventDefinition.Check(more).Select(flaw => (flaw.Path, flaw.Code)));

        DateTimeOffset At(string local)
        {
            var clock = DateTime.Parse(local);
            return new DateTimeOffset(clock, TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(clock));
        }
    }

    [Fact]
    public void A_streak_cannot_go_through_a_skipped_date_without_grace()
    {
        var apia = Cases.Draft with
        {
            TimeZone = "Pacific/Apia",
            StartsAt = new DateTimeOffset(2011, 12, 28, 0, 0, 0, TimeSpan.FromHours(-10)),
            EndsAt = new DateTimeOffset(2012, 1, 3, 0, 0, 0, TimeSpan.FromHours(14)),
        };

        Assert.Empty(EventDefinition.Check(apia with { Condition = new Streak(3) }));
        Assert.NotEmpty(EventDefinition.Check(apia with { Condition = new Streak(4) }));
        Assert.Empty(EventDefinition.Check(apia with { Condition = new Streak(5, 1) }));
    }

    [Fact]
    public void Of_a_draft_in_which_everything_is_wrong_every_flaw_is_named()
    {
        var draft = new EventDraft(
            new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(1969, 1, 1, 0, 0, 0, TimeSpan.Zero), "Nowhere", new TimeOnly(0, 1), Repeats.Daily,
            new All([new Attendance(0, ""), new AtLeast(5, [new Streak(-1, -1)])]), [new OfferRule(99, new Any([]))]);

        Assert.Equal(
            [
                "timeZone", "startsAt", "endsAt", "dayStartsAt", "condition.of[0].activity", "condition.of[0].days", "condition.of[1].n",
                "condition.of[1].of[0].days", "condition.of[1].of[0].grace", "offers[0].ordinal", "offers[0].condition.of",
            ],
            EventDefinition.Check(draft).Select(flaw => flaw.Path));
    }

    [Fact]
    public void A_running_event_is_borne_though_its_goal_is_out_of_reach_by_now()
    {
        Assert.Equal(0, Engine.MetBits(Cases.Event(new Attendance(40)), Progress.Empty));
    }

    [Fact]
    public void No_draft_makes_the_check_throw_and_what_it_passes_can_be_run()
    {
        var text = Gen.OneOf(ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get), Gen.Elements("Asia/Seoul", "UTC", "check_in", "", "\0", "\ud800", new string('x', 300)));
        var number = Gen.OneOf(ArbMap.Default.GeneratorFor<int>(), Gen.Elements(0, 1, 7, -1, int.MinValue, int.MaxValue));
        var instant = Gen.OneOf(
            Gen.Elements(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch, new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.FromHours(14))),
            Gen.Choose(-100_000, 100_000).Select(hours => Cases.Draft.StartsAt.AddHours(hours)));
        var scalar = Gen.OneOf(text.Select(Scalar.Of), number.Select(value => Scalar.Of((decimal)value)), Gen.Elements<Scalar>(true, decimal.MaxValue, decimal.MinValue));
        var filters =
            from name in text
            from eq in Gen.OneOf(scalar.Select(Scalar? (value) => value), Gen.Constant<Scalar?>(null))
            from values in Gen.OneOf(scalar.ListOf().Select(IEnumerable<Scalar>? (list) => list), Gen.Constant<IEnumerable<Scalar>?>(null))
            from gte in Gen.Elements<decimal?>(null, 0, decimal.MaxValue)
            select new Where(KeyValuePair.Create(name, new Test(eq, values, gte)));
        var leaf =
            from kind in Gen.Choose(0, 4)
            from a in text
            from b in text
            from goal in number
            from grace in number
            from filter in filters
            select kind switch
            {
                0 => (Condition)new Attendance(goal, a),
                1 => new Streak(goal, grace, a),
                2 => new SessionTime(goal),
                3 => new Quest(a),
                _ => new Distinct(a, b, goal, filter),
            };
        var draft =
            from start in instant
            from end in instant
            from zone in text
            from ticks in Gen.Choose(0, 100)
            from repeats in Gen.Elements(Repeats.Once, Repeats.Daily, Repeats.Weekly, Repeats.Monthly)
            from leaves in leaf.ListOf()
            from n in number
            from ordinal in number
            select new EventDraft(start, end, zone, new TimeOnly(ticks * TimeSpan.TicksPerMinute * 5), repeats, new AtLeast(n, [.. leaves, Quest]), [new OfferRule(ordinal, new All([.. leaves]))]);

        Prop.ForAll(draft.ToArbitrary(), it =>
        {
            var flaws = EventDefinition.Check(it);
            Assert.All(flaws, flaw => Assert.Matches("^[a-z_]+$", flaw.Code));
            if (flaws.Count == 0)
                Assert.Equal(0, Engine.MetBits(EventDefinition.Create(it), Progress.Empty));
        }).Check(Laws.Config);
    }

    private static Count Filtered(Test test) => new("hunt", 1, new Where(KeyValuePair.Create("level", test)));

    private static Condition Nested(int depth) => depth == 0 ? Quest : new All([Nested(depth - 1)]);

    private static All Many(int leaves) => new([.. Enumerable.Range(0, leaves).Select(index => new Quest($"quest {index}"))]);
}

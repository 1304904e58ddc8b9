using Laurel.Rules;

namespace Laurel.Tests.Rules;

public sealed class Streaks
{
    public static TheoryData<string, int, int> Tables => new()
    {
        // attended days of January (x), missed ones (.), grace, the longest run
        { "", 0, 0 },
        { "x", 0, 1 },
        { "xxx", 0, 3 },
        { "x.x", 0, 1 },
        { "x.x", 1, 2 },
        { "x..x", 1, 1 },
        { "x..x", 2, 2 },
        { "xx.xxx", 0, 3 },
        { "xx.xxx", 1, 5 },
        { "xx.xxx.x", 1, 5 },
        { "xx.xxx.x", 2, 6 },
        { "x.x.x.x.x", 2, 3 },
        { "x.x.x.x.x", 4, 5 },
        { "x...xx.xx", 1, 4 },
        { "x...xx.xx", 3, 4 },
        { "x...xx.xx", 4, 5 },
        { "xxxxxxx..xxxxxxx", 0, 7 },
        { "xxxxxxx..xxxxxxx", 1, 7 },
        { "xxxxxxx..xxxxxxx", 2, 14 },
        { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0, 31 },
        { "x.............................x", 28, 1 },
        { "x.............................x", 29, 2 },
        { "x.............................x", 365, 2 },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_run_bridges_as_many_missed_days_as_grace_and_does_not_count_them(string january, int grace, int longest)
    {
        var definition = Cases.Event(new Streak(1, grace));
        var days = Enumerable.Range(1, january.Length).Where(day => january[day - 1] == 'x').ToList();
        foreach (var order in new[] { days, [.. days.AsEnumerable().Reverse()], [.. days.OrderBy(day => day * 7 % 31)] })
        {
            var progress = order.Aggregate(Progress.Empty, (progress, day) => Engine.Fold(definition, progress, Cases.On(day)));
            Assert.Equal(longest, new Streak(1, grace).Current(progress));
            Assert.Equal(days.Count, new Attendance(1).Current(progress));
        }
    }

    [Fact]
    public void Yesterdays_activity_that_arrives_after_todays_closes_the_gap()
    {
        var definition = Cases.Event(new Streak(3));
        var progress = new[] { 5, 7 }.Aggregate(Progress.Empty, (progress, day) => Engine.Fold(definition, progress, Cases.On(day)));
        Assert.Equal(0, Engine.MetBits(definition, progress));

        Assert.Equal(1, Engine.MetBits(definition, Engine.Fold(definition, progress, Cases.On(6))));
    }

    [Fact]
    public void A_run_of_years_is_found_across_the_words_of_the_bitmap()
    {
        var definition = EventDefinition.Create(Cases.Draft with { StartsAt = Cases.Draft.StartsAt.AddYears(-9) });
        var from = Cases.Draft.StartsAt.AddYears(-5);
        var progress = Enumerable.Range(0, 1_500).Where(day => day is not (64 or 700 or 1_000))
            .Aggregate(Progress.Empty, (progress, day) => Engine.Fold(definition, progress, new Activity("check_in", from.AddDays(day), null, Attributes.None)));

        Assert.Equal(635, new Streak(1).Current(progress));
        Assert.Equal(934, new Streak(1, 1).Current(progress));
        Assert.Equal(1_433, new Streak(1, 2).Current(progress));
        Assert.Equal(1_497, new Streak(1, 3).Current(progress));
        Assert.Equal(progress, Progress.Decode(progress.Encode()));
    }
}

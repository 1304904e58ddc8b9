using Laurel.Bench;

namespace Laurel.Tests.Bench;

public sealed class Reports
{
    [Theory]
    [InlineData("# Title\n", "# Title\n\n## b\n\nnew\n")]
    [InlineData("# Title\n\n## a\n\nold a\n", "# Title\n\n## a\n\nold a\n\n## b\n\nnew\n")]
    [InlineData("# Title\n\n## b\n\nold\n", "# Title\n\n## b\n\nnew\n")]
    [InlineData("# Title\n\n## b\n\nold\n\n## bb\n\nother\n", "# Title\n\n## b\n\nnew\n\n## bb\n\nother\n")]
    [InlineData("# Title\n\n## bb\n\nother\n\n## b\n\nold\n", "# Title\n\n## bb\n\nother\n\n## b\n\nnew\n")]
    public void A_suite_replaces_its_own_section_of_the_page(string page, string expected)
    {
        Assert.Equal(expected, Report.ReplaceSection(page, "## b\n", "## b\n\nnew\n"));
    }

    [Theory]
    [InlineData(70, 0, Verdict.Pass)]
    [InlineData(69, 0, Verdict.FellShort)]
    [InlineData(100, 1, Verdict.FellShort)]
    public void A_goal_is_reached_at_its_limit_and_never_with_failures(double rate, long failed, Verdict expected)
    {
        var goal = Goal.Ratio("check", "health", atLeast: 0.7).Judge(new Figures([Scenario("health", 100, 0), Scenario("check", rate, failed)], null, null));

        Assert.Equal(expected, goal.Verdict);
    }

    [Fact]
    public void Memory_that_cannot_be_seen_is_not_measured()
    {
        Assert.Equal(Verdict.NotMeasured, Goal.MemoryAfterStart(150).Judge(new Figures([], null, null)).Verdict);
        Assert.Equal(Verdict.FellShort, Goal.MemoryAfterStart(150).Judge(new Figures([], 150, null)).Verdict);
    }

    [Fact]
    public void The_median_passes_over_one_bad_round()
    {
        Assert.Equal(3, Median.Of([3, 900, 2]));
        Assert.Equal(2.5, Median.Of([4, 1, 2, 3]));
    }

    private static ScenarioFigures Scenario(string name, double rate, long failed) =>
        new(name, "requests", [new Round(rate, 1, 1, 1, 0, new Dictionary<string, long> { ["status 500"] = failed })]);
}

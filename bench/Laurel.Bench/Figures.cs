namespace Laurel.Bench;

internal static class Median
{
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>
/// One round of one scenario. Rates and latencies are those of the exchanges that succeeded; failures say how often what went
/// wrong: a status other than 2xx, a connection that broke. The tool's share of the machine's processor time is what the server
/// could not have.
/// </summary>
internal sealed record Round(
    double PerSecond, double P50Ms, double P95Ms, double P99Ms, double ToolShare, IReadOnlyDictionary<string, long> Failures);

/// <summary>A scenario's figures: the medians of its rounds.</summary>
internal sealed record ScenarioFigures(string Name, string Counted, IReadOnlyList<Round> Rounds)
{
    public double PerSecond => Median.Of(Rounds.Select(round => round.PerSecond));

    public double SlowestRound => Rounds.Min(round => round.PerSecond);

    public double FastestRound => Rounds.Max(round => round.PerSecond);

    public double P50Ms => Median.Of(Rounds.Select(round => round.P50Ms));

    public double P95Ms => Median.Of(Rounds.Select(round => round.P95Ms));

    public double P99Ms => Median.Of(Rounds.Select(round => round.P99Ms));

    public double ToolShare => Median.Of(Rounds.Select(round => round.ToolShare));

    public long Failed => Rounds.Sum(round => round.Failures.Values.Sum());
}

internal sealed record Figures(IReadOnlyList<ScenarioFigures> Scenarios, double? MemoryAfterStartMb, double? MemoryAfterLoadMb)
{
    public ScenarioFigures this[string name] => Scenarios.Single(scenario => scenario.Name == name);
}

internal sealed record Machine(int Cores, double MemoryGb, string Platform, string DotNet, string? PostgreSql);

internal sealed record SuiteResult(
    string Suite, DateTimeOffset MeasuredAt, string Command, Plan Plan, Machine Machine, string? Note, Figures Figures, IReadOnlyList<JudgedGoal> Goals);

namespace Laurel.Bench;

public enum Verdict
{
    Pass,
    FellShort,
    NotMeasured,
}

/// <summary>A figure with a limit. A scenario in which anything failed reaches no goal.</summary>
internal sealed record Goal(string Name, string Unit, double Limit, bool AtLeast, IReadOnlyList<string> Scenarios, Func<Figures, double?> Measure)
{
    /// <summary>What would be better still; nobody falls short of it.</summary>
    public double? Aim { get; init; }

    /// <summary>The rate of one scenario to that of another, round by round: neighbours in time share the same noise.</summary>
    public static Goal Ratio(string scenario, string yardstick, double atLeast) => new(
        $"{scenario} / {yardstick}", "", atLeast, AtLeast: true, [scenario, yardstick],
        figures => Median.Of(figures[scenario].Rounds.Zip(figures[yardstick].Rounds, (a, b) => a.PerSecond / b.PerSecond)));

    public static Goal Rate(string scenario, double atLeast) => new(
        $"{scenario} per second", "", atLeast, AtLeast: true, [scenario], figures => figures[scenario].PerSecond);

    public static Goal P99(string scenario, double belowMs) => new(
        $"p99 of {scenario}", "ms", belowMs, AtLeast: false, [scenario], figures => figures[scenario].P99Ms);

    public static Goal MemoryAfterStart(double belowMb) => new(
        "resident memory after start", "MB", belowMb, AtLeast: false, [], figures => figures.MemoryAfterStartMb);

    public JudgedGoal Judge(Figures figures)
    {
        var value = Measure(figures);
        var clean = Scenarios.All(name => figures[name].Failed == 0);
        bool Reached(double limit) => clean && (AtLeast ? value >= limit : value < limit);
        var verdict = value is null ? Verdict.NotMeasured : Reached(Limit) ? Verdict.Pass : Verdict.FellShort;
        return new JudgedGoal(Name, value, AtLeast ? "at least" : "below", Limit, Unit, verdict, Aim, Aim is { } aim && Reached(aim));
    }
}

internal sealed record JudgedGoal(string Name, double? Measured, string Bound, double Limit, string Unit, Verdict Verdict, double? Aim, bool AimReached);

using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Bench;

/// <summary>The figures as people and programs read them.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string ToJson(SuiteResult result) => JsonSerializer.Serialize(result, JsonOptions);

    public static string ToText(SuiteResult result)
    {
        var text = new StringBuilder();
        foreach (var rows in new[] { ScenarioRows(result), GoalRows(result) })
        {
            var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
            foreach (var row in rows)
                text.AppendLine(string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
            text.AppendLine();
        }

        foreach (var line in Failures(result))
            text.AppendLine(line);
        return text.AppendLine(Circumstances(result)).ToString();
    }

    public static string ToMarkdown(SuiteResult result)
    {
        var text = new StringBuilder();
        text.AppendLine($"## {result.Suite}").AppendLine();
        text.AppendLine(Circumstances(result)).AppendLine();
        text.AppendLine("```").AppendLine(result.Command).AppendLine("```").AppendLine();
        foreach (var rows in new[] { ScenarioRows(result), GoalRows(result) })
        {
            text.AppendLine($"| {string.Join(" | ", rows[0])} |");
            text.AppendLine($"|{string.Join("|", rows[0].Select((_, column) => column == 0 ? "---" : "---:"))}|");
            foreach (var row in rows.Skip(1))
                text.AppendLine($"| {string.Join(" | ", row)} |");
            text.AppendLine();
        }

        foreach (var line in Failures(result))
            text.AppendLine($"- {line}");
        return text.ToString().TrimEnd() + "\n";
    }

    /// <summary>Replaces this suite's section of the page, or adds it: the other suites' figures stay.</summary>
    public static async Task WriteSection(FileInfo page, SuiteResult result, CancellationToken cancel)
    {
        const string Title = "# Benchmarks\n\nWritten by `bench/Laurel.Bench` with `--report`; each suite is a section.\n";
        var text = page.Exists ? await File.ReadAllTextAsync(page.FullName, cancel) : Title;
        await File.WriteAllTextAsync(page.FullName, ReplaceSection(text, $"## {result.Suite}\n", ToMarkdown(result)), cancel);
    }

    internal static string ReplaceSection(string page, string heading, string section)
    {
        var start = page.IndexOf($"\n{heading}", StringComparison.Ordinal) + 1;
        if (start == 0)
            return $"{page.TrimEnd()}\n\n{section}";

        var next = page.IndexOf("\n## ", start, StringComparison.Ordinal);
        return next < 0 ? page[..start] + section : $"{page[..start]}{section}{page[next..]}";
    }

    private static List<string[]> ScenarioRows(SuiteResult result) =>
    [
        ["scenario", "counted", "per second", "slowest to fastest round", "p50 ms", "p95 ms", "p99 ms", "failed", "load tool"],
        .. result.Figures.Scenarios.Select(figures => new[]
        {
            figures.Name,
            figures.Counted,
            $"{figures.PerSecond:N0}",
            $"{figures.SlowestRound:N0} to {figures.FastestRound:N0}",
            $"{figures.P50Ms:N2}",
            $"{figures.P95Ms:N2}",
            $"{figures.P99Ms:N2}",
            $"{figures.Failed:N0}",
            $"{figures.ToolShare:P0}",
        }),
    ];

    private static List<string[]> GoalRows(SuiteResult result) =>
    [
        ["goal", "measured", "needed", "verdict", "aim"],
        .. result.Goals.Select(goal => new[]
        {
            goal.Name,
            goal.Measured is { } measured ? $"{measured:#,0.##} {goal.Unit}".TrimEnd() : "",
            $"{goal.Bound} {goal.Limit:#,0.##} {goal.Unit}".TrimEnd(),
            goal.Verdict switch
            {
                Verdict.Pass => "PASS",
                Verdict.FellShort => "SHORT",
                Verdict.NotMeasured => "not measured",
            },
            goal.Aim is { } aim ? $"{aim:#,0.##}: {(goal.AimReached ? "reached" : "not reached")}" : "",
        }),
    ];

    private static IEnumerable<string> Failures(SuiteResult result) =>
        from scenario in result.Figures.Scenarios
        from failure in scenario.Rounds.SelectMany(round => round.Failures).GroupBy(failure => failure.Key, failure => failure.Value)
        select $"{scenario.Name}: {failure.Sum():N0} times {failure.Key}";

    private static string Circumstances(SuiteResult result)
    {
        var (plan, machine) = (result.Plan, result.Machine);
        var database = machine.PostgreSql is { } version ? $", PostgreSQL {version}" : "";
        var memory = result.Figures.MemoryAfterLoadMb is { } megabytes ? $" The server's resident memory after all rounds: {megabytes:N0} MB." : "";
        return
            $"Measured on {result.MeasuredAt:yyyy-MM-dd} on {machine.Cores} cores with {machine.MemoryGb:N0} GB, {machine.Platform}, " +
            $".NET {machine.DotNet}{database}. {plan.Connections} connections, {plan.Rounds} interleaved rounds of {plan.RoundLength.TotalSeconds:0.##} s, " +
            $"of which the medians are given.{memory} " +
            $"The last column is the load tool's own share of the processors.{(result.Note is null ? "" : $" {result.Note}")}";
    }
}

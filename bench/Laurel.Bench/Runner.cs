using System.Runtime.InteropServices;

namespace Laurel.Bench;

internal sealed record Plan(int Connections, TimeSpan RoundLength, int Rounds);

/// <summary>
/// Runs a suite: a warm-up, then rounds in which every scenario has its turn, so that a disturbance of the machine hits all of them
/// alike and the median of the rounds passes over it.
/// </summary>
internal sealed class Runner(Stage stage, Plan plan, TimeProvider time, TextWriter log)
{
    public async Task<SuiteResult> Run(Suite suite, string[] args, CancellationToken cancel)
    {
        await log.WriteLineAsync("warm-up");
        await PlayAll(cancel);

        var rounds = new List<(Scenario Scenario, Round Round)>();
        for (var i = 1; i <= plan.Rounds; i++)
        {
            await log.WriteLineAsync($"round {i} of {plan.Rounds}");
            rounds.AddRange(await PlayAll(cancel));
        }

        var figures = new Figures(
            [
                .. rounds
                    .GroupBy(played => (played.Scenario.Name, played.Scenario.Counted), played => played.Round)
                    .Select(group => new ScenarioFigures(group.Key.Name, group.Key.Counted, [.. group])),
            ],
            stage.Server?.MemoryAfterStartMb,
            stage.Server?.ResidentMemoryMb());
        return new SuiteResult(
            suite.Name,
            time.GetUtcNow(),
            $"dotnet run -c {Server.Configuration} --project bench/Laurel.Bench -- {string.Join(' ', args)}",
            plan,
            Describe(),
            stage.Note,
            figures,
            [.. suite.Goals.Select(goal => goal.Judge(figures))]);
    }

    private async Task<IReadOnlyList<(Scenario Scenario, Round Round)>> PlayAll(CancellationToken cancel)
    {
        var played = new List<(Scenario, Round)>();
        foreach (var scenario in stage.Scenarios)
        {
            // Prepared before other traffic gets in the way.
            var begin = await Prepare(scenario, cancel);
            using var beside = scenario.Beside is { } other ? (await Prepare(other, cancel))() : null;
            if (beside is not null)
                await beside.Answered.WaitAsync(cancel);

            using var load = begin();
            await (scenario.Exchanges is null ? Task.Delay(plan.RoundLength, time, cancel) : load.Exhausted.WaitAsync(cancel));
            var round = await load.Stop();
            if (scenario.Check is { } check && await check(cancel) is { } wrong)
                round = round with { Failures = new Dictionary<string, long>(round.Failures) { [wrong] = 1 } };
            played.Add((scenario, round));
            if (beside is not null)
                played.Add((scenario.Beside!, await beside.Stop()));
        }

        return played;
    }

    private async Task<Func<Load>> Prepare(Scenario scenario, CancellationToken cancel)
    {
        var clients = await scenario.Prepare(cancel);
        return () => Load.Start(clients, scenario.Connections ?? plan.Connections, scenario.RequestsPerSecond, scenario.PerExchange, scenario.Exchanges);
    }

    private Machine Describe() => new(
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9,
        RuntimeInformation.RuntimeIdentifier,
        Environment.Version.ToString(),
        stage.PostgreSql);
}

using System.CommandLine;
using Laurel.Bench;
using Laurel.Bench.Engine;
using Laurel.Platform;
using Npgsql;

// The continuation of a receive runs on the thread that saw it arrive: no hop to the thread pool for each response.
// Read by the runtime at its first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", Math.Max(1, Environment.ProcessorCount / 4).ToString());

var suite = new Argument<string>("suite") { Description = $"What to measure: {string.Join(", ", Suites.All.Keys)}." };
var url = new Option<string?>("--url")
{
    Description = $"A server that runs already, with the account in {Server.EmailKey} and {Server.PasswordKey}. Without it a server is started.",
};
var connections = new Option<int>("--connections") { Description = "Connections of a closed loop.", DefaultValueFactory = _ => 64 };
var seconds = new Option<double>("--seconds") { Description = "Length of one round of one scenario.", DefaultValueFactory = _ => 3 };
var rounds = new Option<int>("--rounds") { Description = "Rounds; the median counts.", DefaultValueFactory = _ => 5 };
var progressRows = new Option<int>("--progress-rows")
{
    Description = "Rows of the large table of progress (engine).",
    DefaultValueFactory = _ => 1_000_000,
};
var json = new Option<FileInfo?>("--json") { Description = "Also write the figures here as JSON." };
var report = new Option<FileInfo?>("--report") { Description = "Also write them as this suite's section of a Markdown page." };
suite.AcceptOnlyFromAmong([.. Suites.All.Keys]);
connections.Validators.Add(result => RequirePositive(result, result.GetValueOrDefault<int>()));
seconds.Validators.Add(result => RequirePositive(result, result.GetValueOrDefault<double>()));
rounds.Validators.Add(result => RequirePositive(result, result.GetValueOrDefault<int>()));
progressRows.Validators.Add(result => RequirePositive(result, result.GetValueOrDefault<int>()));

// The tool starts itself as this server.
var naiveUrl = new Option<string>("--urls") { Required = true };
var naive = new Command(NaiveServer.Verb) { naiveUrl };
naive.Hidden = true;
naive.SetAction((parsed, cancel) => NaiveServer.Run(parsed.GetValue(naiveUrl)!, cancel));

var command = new RootCommand("Measures a Laurel server under load. Exit status: 0 all goals reached, 1 nothing measured, 2 a goal missed.")
{
    suite, url, connections, seconds, rounds, progressRows, json, report, naive,
};
command.SetAction(async (parsed, cancel) =>
{
    try
    {
        var plan = new Plan(parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds));
        var measured = Suites.All[parsed.GetValue(suite)!];
        var options = new StageOptions(parsed.GetValue(url), parsed.GetValue(progressRows), Console.Error, TimeProvider.System);
        await using var stage = await measured.Open(options, cancel);

        var result = await new Runner(stage, plan, TimeProvider.System, Console.Error).Run(measured, args, cancel);

        Console.Write(Report.ToText(result));
        if (parsed.GetValue(json) is { } jsonFile)
            await File.WriteAllTextAsync(jsonFile.FullName, Report.ToJson(result), cancel);
        if (parsed.GetValue(report) is { } page)
            await Report.WriteSection(page, result, cancel);
        return result.Goals.Any(goal => goal.Verdict is Verdict.FellShort) ? 2 : 0;
    }
    catch (Exception e) when (e is BenchException or StartupException or NpgsqlException or HttpRequestException or OperationCanceledException)
    {
        await Console.Error.WriteLineAsync(cancel.IsCancellationRequested ? "Stopped." : e.Message);
        return 1;
    }
});
var invocation = new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,

    // After Ctrl-C the server that was started has to be stopped.
    ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
};
return await command.Parse(args).InvokeAsync(invocation, CancellationToken.None);

static void RequirePositive(System.CommandLine.Parsing.OptionResult result, double value)
{
    if (value <= 0)
        result.AddError($"{result.Option.Name} must be greater than 0.");
}

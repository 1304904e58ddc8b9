using System.ComponentModel;
using System.Diagnostics;

namespace Laurel.Platform.Postgres;

/// <summary>One run of another program: what it is told, as whom and where it runs, and how long it may take.</summary>
internal sealed record Tool(string Program, params string[] Arguments)
{
    public UnixAccount? Account { get; init; }

    public string Folder { get; init; } = "/";

    public string Input { get; init; } = "";

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    public sealed record Outcome(bool Succeeded, string Output)
    {
        /// <summary>What a person would read first: the last line that says something.</summary>
        public string LastLine => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";
    }

    /// <summary>Runs the tool to its end. A cancelled tool is ended too, before this returns.</summary>
    /// <exception cref="ToolException">The program could not be started at all.</exception>
    public static async Task<Outcome> Run(Tool tool, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = tool.StartInfo() };
        try
        {
            process.Start();
        }
        catch (Win32Exception failure)
        {
            throw new ToolException($"{tool.Program} does not start: {failure.Message}", failure);
        }

        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(tool.Limit);
        try
        {
            await Feed(process, tool.Input);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            await End(process);
            cancellation.ThrowIfCancellationRequested();
            return new Outcome(Succeeded: false, $"it took longer than {tool.Limit.TotalMinutes:0} minutes");
        }

        if (process.ExitCode != 0)
        {
            // Ctrl-C in a terminal reaches the tool and us at the same time. When the tool was quicker, its failure is no news.
            await Task.Delay(100, cancellation);
        }
        return new Outcome(process.ExitCode == 0, string.Concat(await output));
    }

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo(Program, Arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Account is not null)
            info.UserName = Account.Name;

        // PGPORT, PGOPTIONS and their like are meant for somebody else's database.
        foreach (var name in info.Environment.Keys.Where(static name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            info.Environment.Remove(name);
        foreach (var (name, value) in Environment)
            info.Environment[name] = value;
        return info;
    }

    private static async Task Feed(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool has ended without reading; its exit code tells why.
        }
    }

    /// <summary>Asks first, as Ctrl-C does: initdb and npm clean up, and pg_ctl takes the PostgreSQL that it is starting with it.</summary>
    private static async Task End(Process process)
    {
        Libc.Signal(process.Id, Libc.SigInt);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}

internal sealed class ToolException(string message, Exception inner) : Exception(message, inner);

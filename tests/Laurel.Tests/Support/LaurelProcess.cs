using System.Diagnostics;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>The executable itself, run as anybody would run it; what it says is kept, and it never outlives its test.</summary>
internal sealed class LaurelProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;

    /// <summary>Generous, since on a fresh machine the first of all starts installs PostgreSQL.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly Task _output;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _writing = new();
    private readonly List<string> _out = [];
    private readonly List<string> _error = [];
    private HttpClient? _http;

    private LaurelProcess(Process process)
    {
        _process = process;
        _output = Task.WhenAll(Keep(process.StandardOutput, _out), Keep(process.StandardError, _error));
    }

    public int Id => _process.Id;

    public IReadOnlyList<string> Out => Copy(_out);

    public IReadOnlyList<string> Error => Copy(_error);

    /// <summary>All that it has said so far, for a failed expectation.</summary>
    public string Said => string.Join('\n', [.. Out, .. Error]);

    public Api Api => new(_http ?? throw new InvalidOperationException("It is not ready yet."));

    /// <summary>Serves from this data folder, on a free port of its choice.</summary>
    public static LaurelProcess Serve(TemporaryFolder folder, params IEnumerable<(string Name, string Value)> settings) =>
        Start(folder, settings, "--urls", "http://127.0.0.1:0");

    public static LaurelProcess Start(TemporaryFolder folder, IEnumerable<(string Name, string Value)> settings, params string[] arguments) =>
        Feed(folder, settings, input: "", arguments);

    /// <summary>
    /// Whether Ctrl-C is switched off for this test run, as it is for what a shell starts in the background. A process inherits
    /// that, and would not hear the interrupt that a test sends.
    /// </summary>
    private static bool IgnoresInterrupt { get; } = OperatingSystem.IsLinux()
        && File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is var ignored
        && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & 0b10) != 0;

    /// <summary>With this to read from standard input.</summary>
    public static LaurelProcess Feed(TemporaryFolder folder, IEnumerable<(string Name, string Value)> settings, string input, params string[] arguments)
    {
        var executable = Path.Combine(AppContext.BaseDirectory, "laurel");
        string[] command = IgnoresInterrupt ? ["env", "--default-signal=INT", executable, .. arguments] : [executable, .. arguments];
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["DOTNET_ENVIRONMENT"] = "Production";
        info.Environment["Laurel__DataDir"] = folder.Path;
        info.Environment["Laurel__PostgresDir"] = Repository.LaurelFolder;
        // A few clients of a test send what thousands would.
        foreach (var name in (string[])["AccountBurst", "AddressBurst", "LoginBurst"])
            info.Environment[$"Laurel__Limits__{name}"] = "0";
        info.Environment["Laurel__Limits__AtOnce"] = "1000000";
        foreach (var (name, value) in settings)
            info.Environment[name] = value;

        var process = new LaurelProcess(Process.Start(info)!);
        process._process.StandardInput.Write(input);
        process._process.StandardInput.Close();
        return process;
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<Ended> Run(TemporaryFolder folder, IEnumerable<(string Name, string Value)> settings, params string[] arguments)
    {
        await using var process = Start(folder, settings, arguments);
        return await process.End();
    }

    /// <summary>Runs a verb to its end, beside an app and on its databases.</summary>
    public static async Task<Ended> Run(LaurelApp app, params string[] arguments)
    {
        await using var folder = new TemporaryFolder();
        var settings = app.Settings.Where(setting => setting.Value is not null && setting.Key.Contains(':', StringComparison.Ordinal))
            .Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!));
        return await Run(folder, settings.Append(("DOTNET_ENVIRONMENT", app.Settings["environment"]!)), arguments);
    }

    /// <returns>How long it took from the start of the process until it said that it was ready to serve.</returns>
    public async Task<TimeSpan> Ready()
    {
        await Serves();
        (await Api.Get("/health/ready")).Is(200);
        return TimeProvider.System.GetElapsedTime(_started);
    }

    /// <summary>When it listens; some of its roles may still wait for another process.</summary>
    public async Task Serves()
    {
        var address = await _address.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _http ??= new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address };
    }

    /// <summary>When it says this, or something that begins like it.</summary>
    public Task Says(string beginning) => Eventually.True(() => Task.FromResult(Out.Any(line => line.StartsWith(beginning, StringComparison.Ordinal))));

    public void Signal(int signal) => Libc.Signal(Id, signal);

    /// <summary>As `kill -9` does.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>As Ctrl-C does.</summary>
    public Task<Ended> Interrupt()
    {
        Signal(SigInt);
        return End();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<Ended> End()
    {
        var waiting = TimeProvider.System.GetTimestamp();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var took = TimeProvider.System.GetElapsedTime(waiting);
        await _output;
        return new Ended(_process.ExitCode, Out, Error, took);
    }

    /// <summary>What the system has given it, in MB.</summary>
    public long ResidentMegabytes()
    {
        _process.Refresh();
        return _process.WorkingSet64 / 1024 / 1024;
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (!_process.HasExited)
        {
            // With all that it has started.
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
    }

    private async Task Keep(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_writing)
                lines.Add(line);
            if (AddressIn(line) is { } address)
                _address.TrySetResult(address);
        }
        _address.TrySetException(new InvalidOperationException($"It ended before it was ready: {Said}"));
    }

    private List<string> Copy(List<string> lines)
    {
        lock (_writing)
            return [.. lines];
    }

    /// <summary>From the line that says where to ask for its health.</summary>
    private static Uri? AddressIn(string line)
    {
        const string path = "/health/ready";
        return line.EndsWith(path, StringComparison.Ordinal) ? new Uri(line.Split(' ')[^1][..^path.Length]) : null;
    }
}

/// <summary>How a process ended, and what it had said.</summary>
internal sealed record Ended(int Status, IReadOnlyList<string> Out, IReadOnlyList<string> Error, TimeSpan Took)
{
    public Ended Well()
    {
        Assert.True(Status == 0, $"It ended with {Status}: {Said}");
        // Of a server that runs for longer than a minute this is no complaint.
        Assert.True(Error.All(line => line.Contains("Audit checkpoint ", StringComparison.Ordinal)), $"It complained: {Said}");
        return this;
    }

    /// <summary>One line that a person can read, and a status that a script can.</summary>
    public string Refused()
    {
        Assert.True(Status == 1, $"It ended with {Status}: {Said}");
        Assert.True(Error.Count == 1 && Error[0].StartsWith("laurel: ", StringComparison.Ordinal), $"This is not one clear line: {Said}");
        Assert.DoesNotContain("Exception", Error[0], StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", Error[0], StringComparison.Ordinal);
        return Error[0];
    }

    private string Said => string.Join('\n', [.. Out, "standard error:", .. Error]);
}

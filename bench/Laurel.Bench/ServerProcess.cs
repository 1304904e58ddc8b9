using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Laurel.Bench;

/// <summary>A server that was started for this run, on a free port, in a folder of its own that goes with it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // The first start may have to install PostgreSQL.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new();
    private readonly Process _process;
    private readonly Task _output;

    private ServerProcess(string executable, IReadOnlyList<string> arguments, IEnumerable<KeyValuePair<string, string?>> environment)
    {
        Url = new Uri($"http://127.0.0.1:{FreePort()}");
        Folder = NewFolder();
        var start = new ProcessStartInfo(executable, [.. arguments, "--urls", Url.GetLeftPart(UriPartial.Authority)])
        {
            WorkingDirectory = Folder.FullName,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // This tool's own tuning is not to be the server's.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("DOTNET_SYSTEM_NET_SOCKETS_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _output = Task.WhenAll(
            Save(_process.StandardOutput.BaseStream, "output"),
            Save(_process.StandardError.BaseStream, "errors"));
    }

    public Uri Url { get; }

    public DirectoryInfo Folder { get; }

    public double ResidentMemoryMb
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>Not CreateTempSubdirectory, whose folder only its owner may enter: run by root, PostgreSQL is another user.</summary>
    public static DirectoryInfo NewFolder() =>
        Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"laurel-bench-{RandomNumberGenerator.GetHexString(16)}"));

    /// <returns>As soon as <paramref name="readiness"/> is answered well.</returns>
    public static async Task<ServerProcess> Start(
        string executable, IReadOnlyList<string> arguments, IEnumerable<KeyValuePair<string, string?>> environment, string readiness,
        TimeProvider time, CancellationToken cancel)
    {
        var server = new ServerProcess(executable, arguments, environment);
        try
        {
            await server.BecomeReady(readiness, time, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
            await Stop();
        await FinishOutput();
        _process.Dispose();
        Folder.Delete(recursive: true);
    }

    private async Task Save(Stream stream, string name)
    {
        await using var file = new FileStream(LogFile(name), FileMode.Create, FileAccess.Write, FileShare.Read);
        await stream.CopyToAsync(file);
    }

    /// <summary>Bounded, since a process that the server left behind would hold the pipes open.</summary>
    private async Task FinishOutput() => await Task.WhenAny(_output, Task.Delay(StopPatience));

    private async Task BecomeReady(string readiness, TimeProvider time, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        while (!await IsReady(readiness, cancel))
        {
            if (_process.HasExited)
            {
                await FinishOutput();
                throw new BenchException($"The server ended with status {_process.ExitCode} before it was ready: {LastWords()}");
            }

            if (time.GetElapsedTime(started) > StartPatience)
                throw new BenchException($"The server was not ready after {StartPatience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
        }
    }

    private async Task<bool> IsReady(string readiness, CancellationToken cancel)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(Url, readiness), cancel);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task Stop()
    {
        // SIGTERM, so that the server stops its database too; .NET itself can only kill.
        if (!OperatingSystem.IsWindows())
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString()]);
            await kill.WaitForExitAsync();
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(StopPatience));
        }

        if (!_process.HasExited)
        {
            await Console.Error.WriteLineAsync("The server did not stop when asked to, so it was killed.");
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    private string LastWords() => $"{File.ReadAllText(LogFile("errors"))}{File.ReadAllText(LogFile("output"))}".Trim();

    private string LogFile(string name) => Path.Combine(Folder.FullName, name);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Laurel.Bench;

/// <summary>The server under load: one that was started for this run, or one that runs already.</summary>
internal sealed class Server : IAsyncDisposable
{
#if DEBUG
    public const string Configuration = "Debug";
#else
    public const string Configuration = "Release";
#endif

    public const string EmailKey = "Laurel__Admin__Email";
    public const string PasswordKey = "Laurel__Admin__Password";

    // The first start may have to install PostgreSQL.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new();
    private readonly string? _email;
    private readonly string? _password;
    private Process? _process;
    private DirectoryInfo? _folder;
    private Task _output = Task.CompletedTask;

    private Server(string url, string? email, string? password)
    {
        Url = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp
            ? uri
            : throw new BenchException($"{url} is no http address.");
        (_email, _password) = (email, password);
    }

    public Uri Url { get; }

    /// <summary>The body of a log-in.</summary>
    public string Credentials => _email is null || _password is null
        ? throw new BenchException($"Set {EmailKey} and {PasswordKey} to those of an account on that server.")
        : JsonSerializer.Serialize(new { email = _email, password = _password });

    public double? MemoryAfterStartMb { get; private set; }

    public static async Task<Server> Attach(string url, CancellationToken cancel)
    {
        var server = new Server(url, Environment.GetEnvironmentVariable(EmailKey), Environment.GetEnvironmentVariable(PasswordKey));
        if (!await server.IsReady(cancel))
            throw new BenchException($"{url} is not ready.");
        return server;
    }

    /// <summary>Starts the server that was built along with this tool, on a free port and an empty data folder.</summary>
    public static async Task<Server> Start(TimeProvider time, CancellationToken cancel)
    {
        var executable = FindExecutable();
        var server = new Server(
            $"http://127.0.0.1:{FreePort()}", "bench@laurel.example", Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
        try
        {
            server.Launch(executable);
            await server.BecomeReady(time, cancel);
            server.MemoryAfterStartMb = server.ResidentMemoryMb();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>An access token for the account.</summary>
    public async Task<string> SignIn(CancellationToken cancel)
    {
        using var body = new StringContent(Credentials, mediaType: new("application/json"));
        using var response = await _http.PostAsync(new Uri(Url, "/v1/auth/login"), body, cancel);
        if (!response.IsSuccessStatusCode)
            throw new BenchException($"The log-in was answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancel)}");

        var tokens = await response.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return tokens.GetProperty("accessToken").GetString()!;
    }

    /// <summary>Null for a server of which only the address is known.</summary>
    public double? ResidentMemoryMb()
    {
        _process?.Refresh();
        return _process?.WorkingSet64 / 1e6;
    }

    /// <summary>The major version, which PostgreSQL writes into its data folder; null when that is not ours to look into.</summary>
    public string? PostgreSqlVersion() =>
        _folder?.EnumerateFiles("PG_VERSION", SearchOption.AllDirectories).MinBy(file => file.FullName.Length) is { } file
            ? File.ReadAllText(file.FullName).Trim()
            : null;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is { HasExited: false })
            await StopProcess(_process);
        await FinishOutput();
        _process?.Dispose();
        _folder?.Delete(recursive: true);
    }

    private void Launch(string executable)
    {
        // Not CreateTempSubdirectory, whose folder only its owner may enter: run by root, PostgreSQL is another user.
        _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"laurel-bench-{RandomNumberGenerator.GetHexString(16)}"));
        var start = new ProcessStartInfo(executable, ["--urls", Url.GetLeftPart(UriPartial.Authority)])
        {
            WorkingDirectory = _folder.FullName,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Laurel__DataDir"] = Path.Combine(_folder.FullName, "data"),
                [EmailKey] = _email,
                [PasswordKey] = _password,
            },
        };
        _process = Process.Start(start)!;
        _output = Task.WhenAll(
            Save(_process.StandardOutput.BaseStream, "output"),
            Save(_process.StandardError.BaseStream, "errors"));
    }

    private async Task Save(Stream stream, string name)
    {
        await using var file = new FileStream(LogFile(name), FileMode.Create, FileAccess.Write, FileShare.Read);
        await stream.CopyToAsync(file);
    }

    /// <summary>Bounded, since a process that the server left behind would hold the pipes open.</summary>
    private async Task FinishOutput() => await Task.WhenAny(_output, Task.Delay(StopPatience));

    private async Task BecomeReady(TimeProvider time, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        while (!await IsReady(cancel))
        {
            if (_process!.HasExited)
            {
                await FinishOutput();
                throw new BenchException($"The server ended with status {_process.ExitCode} before it was ready: {LastWords()}");
            }

            if (time.GetElapsedTime(started) > StartPatience)
                throw new BenchException($"The server was not ready after {StartPatience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
        }
    }

    private async Task<bool> IsReady(CancellationToken cancel)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(Url, "/health/ready"), cancel);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task StopProcess(Process process)
    {
        // SIGTERM, so that the server stops its database too; .NET itself can only kill.
        if (!OperatingSystem.IsWindows())
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
            await kill.WaitForExitAsync();
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(StopPatience));
        }

        if (!process.HasExited)
        {
            await Console.Error.WriteLineAsync("The server did not stop when asked to, so it was killed.");
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    private string LastWords() => $"{File.ReadAllText(LogFile("errors"))}{File.ReadAllText(LogFile("output"))}".Trim();

    private string LogFile(string name) => Path.Combine(_folder!.FullName, name);

    private static string FindExecutable()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Laurel.slnx")))
            root = root.Parent;

        var name = OperatingSystem.IsWindows() ? "laurel.exe" : "laurel";
        var executable = Path.Combine(root?.FullName ?? ".", "src", "Laurel", "bin", Configuration, "net10.0", name);
        return File.Exists(executable) ? executable : throw new BenchException($"There is no {Configuration} build of src/Laurel.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Laurel.Bench;

/// <summary>The Laurel server under load: one that was started for this run, or one that runs already.</summary>
internal sealed class Server : IAsyncDisposable
{
#if DEBUG
    public const string Configuration = "Debug";
#else
    public const string Configuration = "Release";
#endif

    public const string EmailKey = "Laurel__Admin__Email";
    public const string PasswordKey = "Laurel__Admin__Password";

    private readonly HttpClient _http = new();
    private readonly string? _email;
    private readonly string? _password;
    private readonly ServerProcess? _process;

    private Server(Uri url, string? email, string? password, ServerProcess? process)
    {
        (Url, _email, _password, _process) = (url, email, password, process);
        MemoryAfterStartMb = ResidentMemoryMb();
    }

    public Uri Url { get; }

    /// <summary>The body of a log-in.</summary>
    public string Credentials => _email is null || _password is null
        ? throw new BenchException($"Set {EmailKey} and {PasswordKey} to those of an account on that server.")
        : JsonSerializer.Serialize(new { email = _email, password = _password });

    public double? MemoryAfterStartMb { get; }

    public static async Task<Server> Attach(string url, CancellationToken cancel)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            throw new BenchException($"{url} is no http address.");

        var server = new Server(uri, Environment.GetEnvironmentVariable(EmailKey), Environment.GetEnvironmentVariable(PasswordKey), process: null);
        using var response = await server._http.GetAsync(new Uri(uri, "/health/ready"), cancel);
        return response.IsSuccessStatusCode ? server : throw new BenchException($"{url} is not ready.");
    }

    /// <summary>A few clients send what thousands would: none of it is to be refused.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Unlimited { get; } =
    [
        new("Laurel__Limits__AccountBurst", "0"), new("Laurel__Limits__AddressBurst", "0"), new("Laurel__Limits__LoginBurst", "0"),
        new("Laurel__Limits__AtOnce", "0"),
    ];

    /// <summary>Starts the server that was built along with this tool, on a free port and an empty data folder.</summary>
    /// <param name="settings">Its environment.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <param name="admin">The server on whose databases it is: it has an admin already.</param>
    public static async Task<Server> Start(IEnumerable<KeyValuePair<string, string?>> settings, TimeProvider time, CancellationToken cancel, Server? admin = null)
    {
        var (email, password) = (admin?._email ?? "bench@laurel.example", admin?._password ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
        var process = await ServerProcess.Start(
            FindExecutable(),
            [],
            [new("Laurel__DataDir", "data"), new(EmailKey, email), new(PasswordKey, password), .. Unlimited, .. settings],
            "/health/ready",
            time,
            cancel);
        return new Server(process.Url, email, password, process);
    }

    /// <summary>An access token for the account.</summary>
    public async Task<string> SignIn(CancellationToken cancel)
    {
        using var body = new StringContent(Credentials, mediaType: new("application/json"));
        return (await Send(HttpMethod.Post, "/v1/auth/login", token: null, body, cancel)).GetProperty("accessToken").GetString()!;
    }

    public async Task<JsonElement> Call(HttpMethod method, string path, string? token, object? body, CancellationToken cancel)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        return await Send(method, path, token, content, cancel);
    }

    /// <summary>For what is not JSON.</summary>
    /// <exception cref="BenchException">The answer is not one of success.</exception>
    public async Task<JsonElement> Send(HttpMethod method, string path, string? token, HttpContent? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path)) { Content = body };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await _http.SendAsync(request, cancel);
        if (!response.IsSuccessStatusCode)
            throw new BenchException($"{method} {path} was answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancel)}");
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancel);
    }

    /// <summary>Null for a server of which only the address is known.</summary>
    public double? ResidentMemoryMb() => _process?.ResidentMemoryMb;

    /// <summary>The major version, which PostgreSQL writes into its data folder; null when that is not ours to look into.</summary>
    public string? PostgreSqlVersion() =>
        _process?.Folder.EnumerateFiles("PG_VERSION", SearchOption.AllDirectories).MinBy(file => file.FullName.Length) is { } file
            ? File.ReadAllText(file.FullName).Trim()
            : null;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
    }

    private static string FindExecutable()
    {
        var name = OperatingSystem.IsWindows() ? "laurel.exe" : "laurel";
        var executable = Path.Combine(Places.Repository, "src", "Laurel", "bin", Configuration, "net10.0", name);
        return File.Exists(executable) ? executable : throw new BenchException($"There is no {Configuration} build of src/Laurel.");
    }
}

using Laurel.Auth;
using Laurel.Events;
using Npgsql;

namespace Laurel.Tests.Support;

/// <summary>The databases that several server processes share, and an ADMIN of theirs.</summary>
internal sealed class SharedDatabases : IAsyncDisposable
{
    private const string Password = "a harbour in the fog";

    private readonly TemporaryFolder _folder = new();
    private readonly TestDatabase _auth;
    private readonly TestDatabase _events;
    private readonly (string, string)[] _settings;

    private SharedDatabases(TestDatabase auth, TestDatabase events)
    {
        (_auth, _events) = (auth, events);
        Events = NpgsqlDataSource.Create(events.ConnectionString);
        _settings =
        [
            ("DOTNET_ENVIRONMENT", "Development"),
            ("Laurel__Auth__PasswordIterations", "1000"),
            ("Laurel__MasterKey", Convert.ToBase64String(new byte[32])),
            ("Laurel__Admin__Email", "admin@example.com"),
            ("Laurel__Admin__Password", Password),
            ("ConnectionStrings__Auth", auth.ConnectionString),
            ("ConnectionStrings__Events", events.ConnectionString),
        ];
    }

    public NpgsqlDataSource Events { get; }

    public static async Task<SharedDatabases> Create(TestPostgres postgres)
    {
        var cancellation = TestContext.Current.CancellationToken;
        return new SharedDatabases(
            await postgres.CreateDatabase("auth", (at, stop) => LaurelApp.Migrate(at, typeof(AuthSetup), stop), cancellation),
            await postgres.CreateDatabase("events", (at, stop) => LaurelApp.Migrate(at, typeof(EventsSetup), stop), cancellation));
    }

    /// <summary>One more process, when it is ready.</summary>
    public async Task<LaurelProcess> Serve()
    {
        var server = LaurelProcess.Serve(_folder, _settings);
        await server.Ready();
        return server;
    }

    public static async Task<string> SignIn(LaurelProcess server) =>
        (await server.Api.Post("/v1/auth/login", new { email = "admin@example.com", password = Password })).Is(200).Field("accessToken");

    /// <summary>What is stored is what was done: by the reference, and by Laurel's own check.</summary>
    public async Task AreRight(string told)
    {
        var differences = await ProgressAudit.Differences(Events, TestContext.Current.CancellationToken);
        Assert.True(differences.Count == 0, $"{told}: {differences.Count} differ\n{string.Join('\n', differences.Take(10))}");
        var verified = await LaurelProcess.Run(_folder, _settings, "verify");
        Assert.True(verified.Status == 0, $"{told}: verify ended with {verified.Status}\n{string.Join('\n', [.. verified.Out, .. verified.Error])}");
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await _auth.DisposeAsync();
        await _events.DisposeAsync();
        await _folder.DisposeAsync();
    }
}

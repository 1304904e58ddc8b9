using System.Net;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Npgsql;

[assembly: AssemblyFixture(typeof(Site))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Laurel.Chaos.World;

/// <summary>Two servers on one PostgreSQL, and the networks between. All tests use it, one after the other.</summary>
public sealed class Site : IAsyncLifetime
{
    private static readonly byte[] MasterKey = new byte[32];

    private readonly TemporaryFolder _folder = new();
    private HttpClient? _toOne;

    internal Postgres Postgres { get; private set; } = null!;

    internal IReadOnlyList<Server> Servers { get; private set; } = [];

    internal Tokens Tokens { get; private set; } = null!;

    /// <summary>For those who judge; never through a network that breaks.</summary>
    internal NpgsqlDataSource Events { get; private set; } = null!;

    /// <summary>To be asked for anew by whoever comes later: a token lives ten minutes, and the full count takes hours.</summary>
    internal Api Operator => new(_toOne!, Tokens.Person(OperatorId, Role.Operator));

    internal Guid OperatorId { get; } = Playing.NewPerson();

    public async ValueTask InitializeAsync()
    {
        Postgres = await Postgres.Start();
        await Postgres.EnsureDatabase("auth");
        await Postgres.EnsureDatabase("events");
        Servers = [.. new[] { "one", "two" }.Select(name => new Server(name, _folder, Postgres, Settings))];
        foreach (var server in Servers)
            await server.Start();

        await using var auth = NpgsqlDataSource.Create(Postgres.Direct("auth"));
        Tokens = await Tokens.Open(auth, MasterKey);
        Events = new NpgsqlDataSourceBuilder(Postgres.Direct("events").ConnectionString).Build();
        _toOne = Http(Servers[0], connections: 4);
    }

    /// <summary>A client's connections to one of the servers.</summary>
    internal static HttpClient Http(Server server, int connections) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseCookies = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) })
        {
            BaseAddress = server.Address,
            // A server that is stopped does not answer at all: the other one is asked then.
            Timeout = TimeSpan.FromSeconds(8),
            DefaultRequestVersion = HttpVersion.Version11,
        };

    /// <summary>Everything runs again.</summary>
    internal async Task Mend()
    {
        foreach (var server in Servers)
            await server.Mend();
    }

    /// <summary>Laurel's own check, as an operator runs it.</summary>
    internal async Task<string> Verifies()
    {
        (string, string)[] direct =
        [
            .. Shared, ("ConnectionStrings__Auth", Postgres.Direct("auth").ConnectionString), ("ConnectionStrings__Events", Postgres.Direct("events").ConnectionString),
        ];
        var ended = await LaurelProcess.Run(_folder, direct, "verify");
        var said = string.Join('\n', [.. ended.Out, .. ended.Error]);
        Assert.True(ended.Status == 0, $"verify ended with {ended.Status}\n{said}");
        return said;
    }

    public async ValueTask DisposeAsync()
    {
        _toOne?.Dispose();
        foreach (var server in Servers)
            await server.DisposeAsync();
        if (Events is not null)
            await Events.DisposeAsync();
        if (Postgres is not null)
            await Postgres.DisposeAsync();
        await _folder.DisposeAsync();
    }

    private static (string, string)[] Shared { get; } =
    [
        ("DOTNET_ENVIRONMENT", "Development"),
        ("Laurel__Auth__PasswordIterations", "1000"),
        ("Laurel__MasterKey", Convert.ToBase64String(MasterKey)),
        ("Laurel__Admin__Email", "admin@example.com"),
        ("Laurel__Admin__Password", "a harbour in the fog"),
        ("Laurel__Webhooks__AllowLoopback", "true"),
        ("Laurel__Logs", "json"),
        ("Logging__LogLevel__Default", "Error"),
    ];

    private NpgsqlConnectionStringBuilder Pooled(string database) => new(Postgres.Direct(database).ConnectionString) { Pooling = true, CommandTimeout = 30 };

    private (string, string)[] Settings(PostgresProxy network) =>
    [
        .. Shared,
        ("ConnectionStrings__Auth", network.Through(Pooled("auth"))),
        ("ConnectionStrings__Events", network.Through(Pooled("events"))),
    ];
}

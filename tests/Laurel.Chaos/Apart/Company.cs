using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Chaos.Apart;

/// <summary>Whoever breaks parts of it mends them: all use the same one, one after the other.</summary>
[CollectionDefinition]
public sealed class OneCompany : ICollectionFixture<Company>;

/// <summary>Laurel as a company runs it: two of auth, two of events, a worker and a gateway, each a process of its own.</summary>
public sealed class Company : IAsyncLifetime
{
    private static readonly byte[] MasterKey = new byte[32];

    private readonly TemporaryFolder _folder = new();
    private Postgres? _postgres;
    private Part? _worker;
    private HttpClient? _http;

    /// <summary>Between events and its database.</summary>
    internal PostgresProxy EventsNetwork { get; private set; } = null!;

    internal IReadOnlyList<Part> Auth { get; private set; } = [];

    internal IReadOnlyList<Part> Events { get; private set; } = [];

    internal Part Gateway { get; private set; } = null!;

    internal Tokens Tokens { get; private set; } = null!;

    /// <summary>What clients know of it all.</summary>
    internal Api Anonymous => new(_http!);

    internal Api Operator => Anonymous.As(Tokens.Person(OperatorId, Role.Operator));

    private Guid OperatorId { get; } = Playing.NewPerson();

    private IEnumerable<Part> Parts => [.. Auth, .. Events, _worker!, Gateway];

    public async ValueTask InitializeAsync()
    {
        _postgres = await Postgres.Start();
        await _postgres.EnsureDatabase("auth");
        await _postgres.EnsureDatabase("events");
        EventsNetwork = new PostgresProxy(() => _postgres.Direct("events"));
        (string, string)[] shared =
        [
            ("DOTNET_ENVIRONMENT", "Development"), ("Laurel__Auth__PasswordIterations", "1000"), ("Laurel__MasterKey", Convert.ToBase64String(MasterKey)),
            ("Laurel__Logs", "json"), ("Logging__LogLevel__Default", "Error"), ("Laurel__TrustedProxies__0", "127.0.0.1"),
            ("ConnectionStrings__Auth", Pooled("auth").ConnectionString), ("ConnectionStrings__Events", EventsNetwork.Through(Pooled("events"))),
        ];
        Auth = [New("auth"), New("auth")];
        shared = [.. shared, ("Laurel__AuthUrl", string.Join(';', Auth.Select(part => part.Address.GetLeftPart(UriPartial.Authority))))];
        (Events, _worker, Gateway) = ([New("events"), New("events")], New("worker"), New("gateway"));
        // The first of a kind brings its database up to date.
        await Task.WhenAll(Auth[0].Start(), Events[0].Start());
        await using var auth = NpgsqlDataSource.Create(_postgres.Direct("auth"));
        Tokens = await Tokens.Open(auth, MasterKey);
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Gateway.Address };
        await Mend();

        Part New(string roles) => new(roles, _folder, shared);
    }

    /// <summary>Everything runs again, and the gateway finds it.</summary>
    internal async Task Mend()
    {
        EventsNetwork.IsDown = false;
        await Task.WhenAll(Parts.Select(part => part.Mend()));
        await Task.WhenAll(Parts.Select(part => part.IsReady()));
        await AuthServes();
        await EventsServes();
    }

    internal Task AuthServes() => Serves(() => Anonymous.As(Tokens.Person(OperatorId, Role.Admin)).Get("/v1/services"));

    internal Task EventsServes() => Serves(() => Operator.Get("/v1/rewards"));

    /// <summary>So many times in a row as would meet each of its processes.</summary>
    private static Task Serves(Func<Task<Answer>> ask) => Eventually.True(async () =>
    {
        for (var time = 0; time < 20; time++)
        {
            if ((await ask()).Status != 200)
                return false;
        }

        return true;
    });

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        foreach (var part in Parts.OfType<Part>())
            await part.DisposeAsync();
        if (EventsNetwork is not null)
            await EventsNetwork.DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        await _folder.DisposeAsync();
    }

    private NpgsqlConnectionStringBuilder Pooled(string database) => new(_postgres!.Direct(database).ConnectionString) { Pooling = true, CommandTimeout = 30 };
}

using System.Text.Json.Nodes;
using Laurel.Auth;
using Laurel.Auth.Accounts;
using Laurel.Auth.Sessions;
using Laurel.Events;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Laurel.Tests.Support;

/// <summary>
/// A whole Laurel for one test class: its own databases, a real server on a free port, a clock that can be put forward.
/// </summary>
public sealed class LaurelApp(TestPostgres postgres) : IAsyncLifetime
{
    private TestDatabase? _auth;
    private TestDatabase? _events;
    private Shape? _shape;
    private HttpClient? _http;

    /// <summary>Whether its roles are processes of their own, behind a gateway; by LAUREL_SHAPE, or where a test says so.</summary>
    public bool IsApart { get; init; } = Shape.IsToBeApart;

    /// <summary>Others than these two shapes have, the first with auth.</summary>
    internal IReadOnlyList<Roles>? Processes { get; init; }

    public TestClock Clock { get; } = new();

    /// <summary>Settings beside the usual ones of tests; to be set before the app starts.</summary>
    public Dictionary<string, string?> Settings { get; } = new(StringComparer.Ordinal)
    {
        ["environment"] = "Development",
        ["Laurel:MasterKey"] = Convert.ToBase64String(new byte[32]),
        // Tests that are not about hashing need not wait for it.
        ["Laurel:Auth:PasswordIterations"] = "1000",
        ["Laurel:Auth:SignUpsPerHour"] = "100000",
        // Tests that are not about limits ask as often, and as much at once, as they like.
        ["Laurel:Limits:AccountBurst"] = "0",
        ["Laurel:Limits:AddressBurst"] = "0",
        ["Laurel:Limits:LoginBurst"] = "0",
        ["Laurel:Limits:AtOnce"] = "1000000",
    };

    /// <summary>What the processes are made of: of several that have it, the first.</summary>
    public IServiceProvider Services => _shape!;

    /// <summary>The auth database, as its owner has it: tests look at what the service may not.</summary>
    public NpgsqlDataSource Database => _shape!.Of(Roles.Auth).AuthOwner;

    /// <summary>The events database, as its owner has it.</summary>
    public NpgsqlDataSource Events => _shape!.Of(Roles.Events).Events.Owner;

    /// <summary>The databases as the services have them.</summary>
    public IReadOnlyList<NpgsqlDataSource> ServicePools => [_shape!.Of(Roles.Auth).Auth, _shape.Of(Roles.Events).Events.Any, _shape.Of(Roles.Events).Events.Batches];

    public Uri Address => _http!.BaseAddress!;

    /// <summary>All that is served, of whichever process.</summary>
    public IEnumerable<RouteEndpoint> Endpoints => _shape!.Endpoints;

    public Api Anonymous => new(_http!);

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        _auth = await postgres.CreateDatabase("auth", (at, stop) => Migrate(at, typeof(AuthSetup), stop), cancellation);
        _events = await postgres.CreateDatabase("events", (at, stop) => Migrate(at, typeof(EventsSetup), stop), cancellation);
        Settings["ConnectionStrings:Auth"] = _auth.ConnectionString;
        Settings["ConnectionStrings:Events"] = _events.ConnectionString;
        _shape = await Shape.Start(Settings, Processes ?? (IsApart ? Shape.Apart : Shape.Together), Clock, cancellation);
        await _shape.IsComplete();
        _http = new HttpClient(new Contract(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }, Documents)) { BaseAddress = _shape.Address };
    }

    /// <summary>Where one of Laurel's services is reached, going around the gateway.</summary>
    public Uri AddressOf(string service) => _shape!.AddressOf(service == AuthSetup.Service ? Roles.Auth : Roles.Events);

    /// <summary>Somebody new with this role, signed in. Made in the database: hashing a password a test would prove nothing.</summary>
    public async Task<Actor> SignedIn(Role role = Role.User)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var name = Guid.CreateVersion7(Clock.GetUtcNow()).ToString("N");
        var account = (await Services.GetRequiredService<AccountStore>().Add($"{name}@example.com", "no hash", "Somebody", role, cancellation))!;
        var session = RefreshTokens.First(new SessionId(Guid.CreateVersion7(Clock.GetUtcNow())));
        var holder = await Services.GetRequiredService<SessionStore>().Open(session, account.Id, "no hash", new Visitor("127.0.0.1", "127.0.0.1", null), cancellation);
        var token = Services.GetRequiredService<SessionTokens>().ForPerson(holder!, session.Session);
        return new Actor(account, session.Session, Anonymous.As(token), Services.GetRequiredService<RefreshTokens>().Write(session));
    }

    /// <summary>The access token of somebody whom only the token knows: many of them at once are made in no time.</summary>
    public string PersonToken(Guid id, Role role = Role.User) =>
        Services.GetRequiredService<SessionTokens>().ForPerson(new SessionHolder(new AccountId(id), role), new SessionId(Guid.CreateVersion7(Clock.GetUtcNow())));

    /// <summary>The access token of a service account that has these scopes.</summary>
    public string ServiceToken(params IEnumerable<string> scopes) => ServiceToken(Guid.CreateVersion7(Clock.GetUtcNow()), scopes);

    public string ServiceToken(Guid account, params IEnumerable<string> scopes) =>
        Services.GetRequiredService<SessionTokens>().ForService(new ServiceAccountId(account), Guid.CreateVersion7(Clock.GetUtcNow()), scopes);

    /// <summary>Of all its processes.</summary>
    public async Task<string> Metrics() => string.Concat(await Task.WhenAll(_shape!.Addresses.Select(async address =>
    {
        using var http = new HttpClient { BaseAddress = address };
        return await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
    })));

    /// <summary>When each process knows of all tokens that were ended so far: those that are not auth's learn of it within a second.</summary>
    public async Task EndsAreKnown()
    {
        var ended = await Database.Query(
            "SELECT id FROM revocations WHERE revoked_at > $1", row => row.GetGuid(0), [Clock.GetUtcNow().AddMinutes(-1)], TestContext.Current.CancellationToken);
        await Eventually.True(() => Task.FromResult(Services.GetServices<RevokedSessions>().All(known => ended.All(known.Contains))));
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_shape is not null)
            await _shape.DisposeAsync();
        if (_auth is not null)
            await _auth.DisposeAsync();
        if (_events is not null)
            await _events.DisposeAsync();
    }

    private IReadOnlyList<JsonNode> Documents() =>
        [.. Docs.DocsEndpoints.Documents.Select(name => JsonNode.Parse(Docs.DocsEndpoints.Write(_shape!.Describing(name), name).GetAwaiter().GetResult())!)];

    internal static async Task Migrate(string connectionString, Type setup, CancellationToken cancellation)
    {
        var database = await ServiceDatabase.Open(connectionString, "template", cancellation);
        await using (database.Owner)
            await database.Migrate(setup.Assembly, cancellation);
    }
}

/// <summary>Somebody who is signed in.</summary>
public sealed record Actor(Account Account, SessionId Session, Api Api, string RefreshToken);

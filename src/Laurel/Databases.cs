using Laurel.Auth;
using Laurel.Events;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel;

/// <summary>
/// The databases of the services: the configured ones, or those of the PostgreSQL that Laurel brings. Their owner's connections make
/// tables; the services work under a role that can do less.
/// </summary>
internal sealed class Databases : IAsyncDisposable
{
    private const string OwnAuth = "laurel_auth";
    private const string OwnEvents = "laurel_events";

    private readonly OwnPostgres? _own;
    private readonly ServiceDatabase? _auth;
    private readonly ServiceDatabase? _events;

    private Databases(ServiceDatabase? auth, ServiceDatabase? events, OwnPostgres? own)
    {
        (_auth, _events, _own) = (auth, events, own);
        if (auth is not null)
            Auth = Database.Open(auth.ConnectionString, AuthSetup.Service, auth.Role);
        if (events is not null)
        {
            Events = new EventsDatabase(
                Database.Open(events.ConnectionString, EventsSetup.Service, events.Role),
                Database.OpenForBatches(events.ConnectionString, EventsSetup.Service, events.Role),
                events.Owner);
        }
    }

    /// <summary>Of a process that has the role.</summary>
    public NpgsqlDataSource Auth => field ?? throw new InvalidOperationException("This process has no auth database.");

    /// <summary>Of a process that has the role of events or of the worker.</summary>
    public EventsDatabase Events => field ?? throw new InvalidOperationException("This process has no events database.");

    public NpgsqlDataSource AuthOwner => _auth?.Owner ?? throw new InvalidOperationException("This process has no auth database.");

    /// <summary>Of both, for processes that this one starts.</summary>
    public (string Auth, string Events) ConnectionStrings => (_auth!.ConnectionString, _events!.ConnectionString);

    public bool IsEmbedded => _own is not null;

    /// <summary>Those that the roles of this process need.</summary>
    /// <param name="settings">Where they are, if they are configured.</param>
    /// <param name="join">Whether a running Laurel's PostgreSQL will do: for a verb beside a server, not for a second server.</param>
    /// <param name="cancellation">Ends an installation or a start that is under way.</param>
    public static async Task<Databases> Open(Settings settings, bool join, CancellationToken cancellation)
    {
        var (needsAuth, needsEvents) = (settings.Roles.Has(Roles.Auth), settings.Roles.Has(Roles.Events | Roles.Worker));
        var auth = settings.Configuration.GetConnectionString("Auth");
        var events = settings.Configuration.GetConnectionString("Events");
        if (needsAuth && needsEvents && string.IsNullOrWhiteSpace(auth) != string.IsNullOrWhiteSpace(events))
            throw new StartupException("Set both ConnectionStrings__Auth and ConnectionStrings__Events, or neither.");
        if (!needsAuth && !needsEvents)
            return new Databases(auth: null, events: null, own: null);

        if (!string.IsNullOrWhiteSpace(needsAuth ? auth : events))
            return await Opened(needsAuth ? auth : null, needsEvents ? events : null, own: null, cancellation);

        var own = await OwnPostgres.Open(settings, join, cancellation);
        return await Opened(needsAuth ? own.ConnectionString(OwnAuth) : null, needsEvents ? own.ConnectionString(OwnEvents) : null, own, cancellation);
    }

    /// <summary>Starts the PostgreSQL that Laurel brings again whenever it dies. A configured one is looked after by others.</summary>
    /// <exception cref="StartupException">It died, and cannot be started again.</exception>
    public Task KeepRunning(ILogger<Databases> log, CancellationToken cancellation) =>
        _own?.KeepRunning(_auth is null ? Events.Any : Auth, log, cancellation) ?? Task.Delay(Timeout.Infinite, cancellation);

    public async Task<IReadOnlyList<string>> Migrate(CancellationToken cancellation) =>
    [
        .. _auth is null ? [] : await _auth.Migrate(typeof(AuthSetup).Assembly, cancellation),
        .. _events is null ? [] : await _events.Migrate(typeof(EventsSetup).Assembly, cancellation),
    ];

    /// <summary>Says where a service works as the owner of its tables, and what an administrator can do about it.</summary>
    public async Task WarnOfOwners(ILogger<Databases> log, CancellationToken cancellation)
    {
        foreach (var (service, database) in new[] { (AuthSetup.Service, _auth), (EventsSetup.Service, _events) })
        {
            if (database is { Role: null })
            {
                log.LogWarning(
                    "The {Service} service works as the owner of its tables, since this login may make no role: only triggers keep the audit trail from being changed. Let an administrator run once: {Statements}",
                    service, await ServiceRole.Statements(database.Owner, cancellation));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_auth is not null)
        {
            await Auth.DisposeAsync();
            await _auth.Owner.DisposeAsync();
        }

        if (_events is not null)
        {
            await Events.Any.DisposeAsync();
            await Events.Batches.DisposeAsync();
            await _events.Owner.DisposeAsync();
        }

        if (_own is not null)
            await _own.DisposeAsync();
    }

    private static async Task<Databases> Opened(string? auth, string? events, OwnPostgres? own, CancellationToken cancellation)
    {
        ServiceDatabase? first = null;
        try
        {
            if (own is not null)
            {
                await own.EnsureDatabase(OwnAuth, cancellation);
                await own.EnsureDatabase(OwnEvents, cancellation);
            }

            first = auth is null ? null : await ServiceDatabase.Open(auth, AuthSetup.Service, cancellation);
            return new Databases(first, events is null ? null : await ServiceDatabase.Open(events, EventsSetup.Service, cancellation), own);
        }
        catch
        {
            if (first is not null)
                await first.Owner.DisposeAsync();
            if (own is not null)
                await own.DisposeAsync();
            throw;
        }
    }
}

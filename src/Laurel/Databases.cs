using Laurel.Auth;
using Laurel.Events;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel;

/// <summary>The databases of the services: the configured ones, or those of the PostgreSQL that Laurel brings.</summary>
internal sealed class Databases : IAsyncDisposable
{
    private const string OwnAuth = "laurel_auth";
    private const string OwnEvents = "laurel_events";

    private readonly OwnPostgres? _own;

    private Databases(string auth, string events, OwnPostgres? own)
    {
        Auth = Database.Open(auth, AuthSetup.Service);
        Events = new EventsDatabase(Database.Open(events, EventsSetup.Service), Database.OpenForBatches(events, EventsSetup.Service));
        _own = own;
    }

    public NpgsqlDataSource Auth { get; }

    public EventsDatabase Events { get; }

    public bool IsEmbedded => _own is not null;

    /// <param name="settings">Where they are, if they are configured.</param>
    /// <param name="join">Whether a running Laurel's PostgreSQL will do: for a verb beside a server, not for a second server.</param>
    /// <param name="cancellation">Ends an installation or a start that is under way.</param>
    public static async Task<Databases> Open(Settings settings, bool join, CancellationToken cancellation)
    {
        var auth = settings.Configuration.GetConnectionString("Auth");
        var events = settings.Configuration.GetConnectionString("Events");
        if (string.IsNullOrWhiteSpace(auth) != string.IsNullOrWhiteSpace(events))
            throw new StartupException("Set both ConnectionStrings__Auth and ConnectionStrings__Events, or neither.");

        if (!string.IsNullOrWhiteSpace(auth))
            return await Opened(new Databases(auth, events!, own: null), cancellation);

        var own = await OwnPostgres.Open(settings, join, cancellation);
        return await Opened(new Databases(own.ConnectionString(OwnAuth), own.ConnectionString(OwnEvents), own), cancellation);
    }

    /// <summary>Starts the PostgreSQL that Laurel brings again whenever it dies. A configured one is looked after by others.</summary>
    /// <exception cref="StartupException">It died, and cannot be started again.</exception>
    public Task KeepRunning(ILogger<Databases> log, CancellationToken cancellation) =>
        _own?.KeepRunning(Auth, log, cancellation) ?? Task.Delay(Timeout.Infinite, cancellation);

    public async Task<IReadOnlyList<string>> Migrate(CancellationToken cancellation) =>
    [
        .. await Migrations.Apply(Auth, typeof(AuthSetup).Assembly, cancellation: cancellation),
        .. await Migrations.Apply(Events.Any, typeof(EventsSetup).Assembly, cancellation: cancellation),
    ];

    public async ValueTask DisposeAsync()
    {
        await Auth.DisposeAsync();
        await Events.Any.DisposeAsync();
        await Events.Batches.DisposeAsync();
        if (_own is not null)
            await _own.DisposeAsync();
    }

    private static async Task<Databases> Opened(Databases databases, CancellationToken cancellation)
    {
        try
        {
            if (databases._own is { } own)
            {
                await own.EnsureDatabase(OwnAuth, cancellation);
                await own.EnsureDatabase(OwnEvents, cancellation);
            }

            await Database.MustAnswer(databases.Auth, AuthSetup.Service, cancellation);
            await Database.MustAnswer(databases.Events.Any, EventsSetup.Service, cancellation);
            return databases;
        }
        catch
        {
            await databases.DisposeAsync();
            throw;
        }
    }
}

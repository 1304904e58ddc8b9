using Laurel.Auth;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel;

/// <summary>The databases of the services: the configured ones, or those of the PostgreSQL that Laurel brings.</summary>
internal sealed class Databases : IAsyncDisposable
{
    private readonly EmbeddedPostgres? _embedded;

    private Databases(NpgsqlDataSource auth, NpgsqlDataSource events, EmbeddedPostgres? embedded) =>
        (Auth, Events, _embedded) = (auth, events, embedded);

    public NpgsqlDataSource Auth { get; }

    public NpgsqlDataSource Events { get; }

    public bool IsEmbedded => _embedded is not null;

    /// <param name="settings">Where they are, if they are configured.</param>
    /// <param name="join">Whether a running Laurel's PostgreSQL will do: for a verb beside a server, not for a second server.</param>
    /// <param name="cancellation">Ends an installation or a start that is under way.</param>
    public static async Task<Databases> Open(Settings settings, bool join, CancellationToken cancellation)
    {
        var auth = settings.Configuration.GetConnectionString("Auth");
        var events = settings.Configuration.GetConnectionString("Events");
        if (string.IsNullOrWhiteSpace(auth) != string.IsNullOrWhiteSpace(events))
            throw new StartupException("Set both ConnectionStrings__Auth and ConnectionStrings__Events, or neither.");

        EmbeddedPostgres? embedded = null;
        if (string.IsNullOrWhiteSpace(auth))
        {
            var options = new EmbeddedPostgresOptions(settings.DataDir) { Progress = Console.Out.WriteLine };
            embedded = join ? await EmbeddedPostgres.StartOrJoin(options, cancellation) : await EmbeddedPostgres.Start(options, cancellation);
            auth = embedded.ConnectionString("laurel_auth");
            events = embedded.ConnectionString("laurel_events");
        }

        var databases = new Databases(Database.Open(auth, AuthSetup.Service), Database.Open(events!, "events"), embedded);
        try
        {
            if (embedded is not null)
            {
                await embedded.EnsureDatabase("laurel_auth", cancellation);
                await embedded.EnsureDatabase("laurel_events", cancellation);
            }

            await Database.MustAnswer(databases.Auth, AuthSetup.Service, cancellation);
            await Database.MustAnswer(databases.Events, "events", cancellation);
            return databases;
        }
        catch
        {
            await databases.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<string>> Migrate(CancellationToken cancellation) =>
        [.. await Migrations.Apply(Auth, typeof(AuthSetup).Assembly, cancellation: cancellation)];

    public async ValueTask DisposeAsync()
    {
        await Auth.DisposeAsync();
        await Events.DisposeAsync();
        if (_embedded is not null)
            await _embedded.DisposeAsync();
    }
}

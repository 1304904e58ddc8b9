using System.Net.Sockets;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel;

/// <summary>The PostgreSQL that Laurel brings, started again when it dies under a running server.</summary>
internal sealed class OwnPostgres : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly EmbeddedPostgresOptions _options;
    private EmbeddedPostgres? _running;

    private OwnPostgres(EmbeddedPostgresOptions options, EmbeddedPostgres running) => (_options, _running) = (options, running);

    private EmbeddedPostgres Running => _running ?? throw new InvalidOperationException("PostgreSQL does not run.");

    public static async Task<OwnPostgres> Open(Settings settings, bool join, CancellationToken cancellation)
    {
        var options = new EmbeddedPostgresOptions(settings.DataDir) { BinariesDir = settings.PostgresDir, Progress = Console.Out.WriteLine };
        return new OwnPostgres(options, join ? await EmbeddedPostgres.StartOrJoin(options, cancellation) : await EmbeddedPostgres.Start(options, cancellation));
    }

    public string ConnectionString(string database) => Running.ConnectionString(database);

    public Task EnsureDatabase(string name, CancellationToken cancellation) => Running.EnsureDatabase(name, cancellation);

    /// <summary>Looks after it until cancelled. Requests are refused while it is away, and go on when it is back.</summary>
    /// <exception cref="StartupException">It died, and cannot be started again.</exception>
    public async Task KeepRunning(NpgsqlDataSource database, ILogger log, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(LookEvery);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (await IsGone(database, cancellation))
            {
                log.LogError("PostgreSQL has died, and is started again");
                await Restart(cancellation);
                log.LogWarning("PostgreSQL runs again");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Forgotten before it is let go: from then on the folder, and the PostgreSQL in it, may be somebody else's.
        if (Interlocked.Exchange(ref _running, null) is { } running)
            await running.DisposeAsync();
    }

    private async Task Restart(CancellationToken cancellation)
    {
        var before = Running.ConnectionString("postgres");
        await DisposeAsync();
        _running = await EmbeddedPostgres.Start(_options, cancellation);
        // Where the data folder's path is too long for a socket, each start draws a new place for it.
        if (Running.ConnectionString("postgres") != before)
            throw new StartupException("PostgreSQL had died and its socket has moved, so Laurel has stopped. Start it again.");
    }

    /// <summary>Only when nobody listens any more: one that is busy, or recovers from a crash by itself, is left in peace.</summary>
    private static async Task<bool> IsGone(NpgsqlDataSource database, CancellationToken cancellation)
    {
        try
        {
            await database.Execute("SELECT 1", [], cancellation);
            return false;
        }
        catch (NpgsqlException failure)
        {
            // A socket without a listener refuses; a socket that was removed has no address.
            return failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable };
        }
    }
}

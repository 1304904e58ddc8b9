using Laurel.Events;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Bench.Engine;

/// <summary>
/// The PostgreSQL that all share, with the settings that Laurel gives its own: durable, and each contestant in a database for itself.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly EmbeddedPostgres _postgres;
    private readonly DirectoryInfo _folder;

    private Cluster(EmbeddedPostgres postgres, DirectoryInfo folder) => (_postgres, _folder) = (postgres, folder);

    public static async Task<Cluster> Start(TextWriter log, CancellationToken cancel)
    {
        var folder = ServerProcess.NewFolder();
        var options = new EmbeddedPostgresOptions(Path.Combine(folder.FullName, "data"))
        {
            BinariesDir = Path.Combine(Places.Repository, ".laurel"),
            // Several servers at once are the bench's doing.
            MaxConnections = 300,
            Progress = log.WriteLine,
        };
        return new Cluster(await EmbeddedPostgres.Start(options, cancel), folder);
    }

    /// <exception cref="BenchException">It is not durable: nothing measured on it would mean anything.</exception>
    public async Task<string> Version(CancellationToken cancel)
    {
        await using var database = Open(_postgres.ConnectionString("postgres"));
        var shown = await database.QueryOne(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')",
            row => (Version: row.GetString(0), Fsync: row.GetString(1), Commit: row.GetString(2)),
            [],
            cancel);
        return (shown.Fsync, shown.Commit) is ("on", "on") ? shown.Version : throw new BenchException("PostgreSQL does not wait for the disk.");
    }

    public async Task<string> MakeDatabase(string name, CancellationToken cancel)
    {
        await _postgres.EnsureDatabase(name, cancel);
        return _postgres.ConnectionString(name);
    }

    /// <summary>A database with Laurel's own tables, in which each of these users has progress in three events.</summary>
    public async Task<NpgsqlDataSource> MakeEventsDatabase(string name, int users, CancellationToken cancel)
    {
        var database = Open(await MakeDatabase(name, cancel));
        await Migrations.Apply(database, typeof(EventsSetup).Assembly, cancellation: cancel);
        await database.Execute(
            """
            INSERT INTO progress (met, version, epoch, window_key, event_id, user_id, state)
            SELECT 0, 1, 0, $1, event_id, 'user-' || lpad(n::text, 7, '0'), $2
            FROM generate_series(0, $3 - 1) AS n, unnest($4::uuid[]) AS event_id
            """,
            [HandWritten.Window, HandWritten.StateOf(0), users, HandWritten.Events],
            cancel);
        await database.Execute("VACUUM (ANALYZE) progress", [], cancel);
        return database;
    }

    /// <summary>With the patience that filling a large table takes.</summary>
    public static NpgsqlDataSource Open(string connectionString) => new NpgsqlDataSourceBuilder(
        new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 1_800, MaxAutoPrepare = 50, AutoPrepareMinUsages = 2 }.ConnectionString).Build();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

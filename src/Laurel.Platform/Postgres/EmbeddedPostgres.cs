using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// A private PostgreSQL in a folder of ours, for whoever has not configured one: installed, started and stopped by this
/// process, and reachable through a Unix socket alone.
/// <para>
/// Every step leaves the folder in a state from which the next start finds its way, whenever this process is killed:
/// whatever takes time is made under a temporary name and renamed, and whoever holds the folder's lock may remove what an
/// earlier owner left behind, its PostgreSQL included.
/// </para>
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly string _socketFolder;
    private readonly string _password;
    private readonly IReadOnlyList<FolderLock> _locks;

    private EmbeddedPostgres(Cluster cluster, string socketFolder, string password, IReadOnlyList<FolderLock> locks) =>
        (_cluster, _socketFolder, _password, _locks) = (cluster, socketFolder, password, locks);

    /// <summary>False when another process owns the folder, and this one has only joined it.</summary>
    public bool IsOwner => _locks.Count > 0;

    /// <summary>Takes the folder and starts PostgreSQL in it.</summary>
    /// <exception cref="StartupException">Another process has the folder, or PostgreSQL cannot be had or started.</exception>
    public static async Task<EmbeddedPostgres> Start(EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        var dataDir = DataFolder.Make(options.DataDir);
        var taken = FolderLock.TryTake(dataDir) ?? throw new StartupException(
            $"Another Laurel{FolderLock.Holder(dataDir)} is using {dataDir}. Stop it, or give this one a folder of its own with Laurel__DataDir.");
        return await StartLocked(dataDir, taken, options, cancellation);
    }

    /// <summary>
    /// For commands that also work beside a running server: like <see cref="Start"/> when nobody has the folder, else the
    /// PostgreSQL of the process that has it, which is left running.
    /// </summary>
    /// <exception cref="StartupException">As <see cref="Start"/>, or the other process's PostgreSQL does not answer.</exception>
    public static async Task<EmbeddedPostgres> StartOrJoin(EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        var dataDir = DataFolder.Make(options.DataDir);
        var patience = Deadline.In(TimeSpan.FromSeconds(10));
        while (true)
        {
            if (FolderLock.TryTake(dataDir) is { } taken)
                return await StartLocked(dataDir, taken, options, cancellation);
            if (await TryJoin(dataDir, cancellation) is { } joined)
                return joined;
            if (patience.IsOver)
                throw new StartupException($"Another Laurel{FolderLock.Holder(dataDir)} is using {dataDir}, and its PostgreSQL does not answer.");
            await Task.Delay(100, cancellation);
        }
    }

    /// <summary>Stops what runs in the folder and removes it with everything in it. Does nothing while somebody uses it.</summary>
    internal static async Task Delete(string dataDir)
    {
        dataDir = Path.GetFullPath(dataDir);
        if (!Directory.Exists(dataDir) || FolderLock.TryTake(dataDir) is not { } taken)
            return;
        using (taken)
        {
            if (DataFolder.FindHome(dataDir) is { } home)
            {
                await Cluster.In(home).StopWhatRuns();
                SocketFolder.Remove(home);
                Directory.Delete(home.Folder, recursive: true);
            }
            if (Directory.Exists(dataDir))
                Directory.Delete(dataDir, recursive: true);
        }
    }

    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = _socketFolder,
        Port = SocketFolder.Port,
        Username = Cluster.Role,
        Password = _password,
        Database = database,
        ApplicationName = "laurel",
        SslMode = SslMode.Disable,
        MaxPoolSize = 30,
        Timeout = 15,
        CommandTimeout = 30,
    }.ConnectionString;

    /// <summary>Creates the database unless it exists.</summary>
    public async Task EnsureDatabase(string name, CancellationToken cancellation)
    {
        await using var connection = await Connect(cancellation);
        await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await find.ExecuteScalarAsync(cancellation) is not null)
            return;

        await using var create = new NpgsqlCommand($"CREATE DATABASE {new NpgsqlCommandBuilder().QuoteIdentifier(name)}", connection);
        try
        {
            await create.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException taken) when (taken.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Somebody else has just created it.
        }
    }

    /// <summary>A connection outside of every pool, to the database that is always there.</summary>
    internal async Task<NpgsqlConnection> Connect(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString("postgres")) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops PostgreSQL, if this process is its owner, and lets the folder go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!IsOwner)
            return;
        try
        {
            await _cluster.StopWhatRuns();
            SocketFolder.Remove(_cluster.Home);
        }
        finally
        {
            Release(_locks);
        }
    }

    private static async Task<EmbeddedPostgres> StartLocked(
        string dataDir, FolderLock taken, EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        List<FolderLock> locks = [taken];
        try
        {
            var home = await DataFolder.ResolveHome(dataDir, options.Progress, cancellation);
            if (home.Folder != dataDir)
                locks.Add(FolderLock.TryTake(home.Folder) ?? throw new StartupException(
                    $"{dataDir} is a copy of a folder that another Laurel{FolderLock.Holder(home.Folder)} is using. Stop it, or delete the copy."));

            var cluster = Cluster.In(home);
            await cluster.StopWhatRuns();
            var binaries = await PostgresBinaries.Find(cluster.MajorVersion(), home, options.BinariesDir ?? dataDir, options, cancellation);
            var password = await cluster.Prepare(binaries, dataDir, options, cancellation);
            var socketFolder = await cluster.Start(binaries, options, cancellation);
            return new EmbeddedPostgres(cluster, socketFolder, password, locks);
        }
        catch (Exception failure)
        {
            Release(locks);
            if (failure is UnauthorizedAccessException or IOException)
                throw new StartupException($"PostgreSQL cannot be set up in {dataDir}: {failure.Message}", failure);
            throw;
        }
    }

    private static async Task<EmbeddedPostgres?> TryJoin(string dataDir, CancellationToken cancellation)
    {
        if (DataFolder.FindHome(dataDir) is not { } home || Cluster.In(home) is not { } cluster
            || await cluster.Running() is not { SocketFolder: { } socketFolder } || Secret.Read(dataDir) is not { } password)
            return null;

        var joined = new EmbeddedPostgres(cluster, socketFolder, password, []);
        try
        {
            await using var answers = await joined.Connect(cancellation);
            return joined;
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    private static void Release(IEnumerable<FolderLock> locks)
    {
        foreach (var folderLock in locks)
            folderLock.Dispose();
    }
}

using System.Globalization;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Chaos.World;

/// <summary>A PostgreSQL that nothing else uses, as durable as Laurel runs it, which can be killed and is started again.</summary>
internal sealed class Postgres : IAsyncDisposable
{
    private const int SigKill = 9;

    private readonly TemporaryFolder _folder;
    private EmbeddedPostgres _running;

    private Postgres(TemporaryFolder folder, EmbeddedPostgres running) => (_folder, _running) = (folder, running);

    public static async Task<Postgres> Start()
    {
        var folder = new TemporaryFolder();
        var first = await EmbeddedPostgres.Start(Options(folder), CancellationToken.None);
        await first.DisposeAsync();
        // So that the database itself can be asked which of two transactions committed first.
        await File.AppendAllTextAsync(Path.Combine(folder["cluster"], "postgresql.conf"), "\ntrack_commit_timestamp = on\n");
        return new Postgres(folder, await EmbeddedPostgres.Start(Options(folder), CancellationToken.None));
    }

    /// <summary>Without a pool, and past every breakable network: for those who judge.</summary>
    public NpgsqlConnectionStringBuilder Direct(string database) => new(_running.ConnectionString(database)) { Pooling = false, CommandTimeout = 600 };

    public Task EnsureDatabase(string name) => _running.EnsureDatabase(name, CancellationToken.None);

    /// <summary>As `kill -9` of all its processes does, and as whoever looks after it would start it again.</summary>
    public async Task KillAndStart()
    {
        if (await Postmaster.Running(_folder["cluster"]) is { } postmaster)
            Libc.Signal(postmaster.Pid, SigKill);
        await Eventually.True(() =>
        {
            var left = Leftovers.ProcessesIn(_folder["cluster"]);
            left.ForEach(process => Libc.Signal(int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture), SigKill));
            return Task.FromResult(left.Count == 0);
        });
        await _running.DisposeAsync();
        _running = await EmbeddedPostgres.Start(Options(_folder), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _running.DisposeAsync();
        await _folder.DisposeAsync();
    }

    private static EmbeddedPostgresOptions Options(TemporaryFolder folder) =>
        new(folder.Path) { BinariesDir = Repository.LaurelFolder, MaxConnections = 300 };
}

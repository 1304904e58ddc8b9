using System.Collections.Concurrent;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestPostgres))]

namespace Laurel.Tests.Support;

/// <summary>
/// The one PostgreSQL of a test run: started when the first test asks for a database, gone without a trace at the end.
/// Its programs are those that `dotnet run` installs in the repository's `.laurel`, so that a machine fetches them once.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<Run>> _run = new(Run.Start);
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _templates = new(StringComparer.Ordinal);
    private int _databases;

    /// <summary>
    /// A new database, a clone of the template that <paramref name="migrate"/>, given its connection string, fills once per run
    /// and <paramref name="kind"/> (lower-case letters, for example "auth").
    /// </summary>
    public async Task<TestDatabase> CreateDatabase(string kind, Func<string, CancellationToken, Task> migrate, CancellationToken cancellation)
    {
        var template = await _templates.GetOrAdd(kind, name => new(() => MakeTemplate(name, migrate))).Value.WaitAsync(cancellation);
        return await CreateFrom(template, cancellation);
    }

    /// <summary>A new, empty database.</summary>
    public Task<TestDatabase> CreateDatabase(CancellationToken cancellation) => CreateFrom("template1", cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_run.IsValueCreated)
            await (await _run.Value).DisposeAsync();
    }

    private async Task<TestDatabase> CreateFrom(string template, CancellationToken cancellation)
    {
        var postgres = (await _run.Value.WaitAsync(cancellation)).Postgres;
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await Execute(postgres, $"CREATE DATABASE {name} TEMPLATE {template}", cancellation);
        return new TestDatabase(postgres.ConnectionString(name), () => Drop(postgres, name));
    }

    /// <summary>
    /// Our own connections are ended here. WITH (FORCE) would want to end an autovacuum worker as well, which our role may not;
    /// without it PostgreSQL sends such a worker away by itself.
    /// </summary>
    private static async Task Drop(EmbeddedPostgres postgres, string name)
    {
        await Execute(postgres, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND usename = current_user", CancellationToken.None);
        await Execute(postgres, $"DROP DATABASE {name}", CancellationToken.None);
    }

    private async Task<string> MakeTemplate(string kind, Func<string, CancellationToken, Task> migrate)
    {
        var postgres = (await _run.Value).Postgres;
        var template = $"template_{kind}";
        await postgres.EnsureDatabase(template, CancellationToken.None);
        // No pool: a database with an open connection cannot be cloned.
        await migrate(new NpgsqlConnectionStringBuilder(postgres.ConnectionString(template)) { Pooling = false }.ConnectionString, CancellationToken.None);
        return template;
    }

    private static async Task Execute(EmbeddedPostgres postgres, string sql, CancellationToken cancellation)
    {
        await using var connection = await postgres.Connect(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private sealed class Run(EmbeddedPostgres postgres, TestRunFolder folder) : IAsyncDisposable
    {
        public EmbeddedPostgres Postgres => postgres;

        public static async Task<Run> Start()
        {
            var folder = await TestRunFolder.Take();
            try
            {
                var options = new EmbeddedPostgresOptions(folder.DataDir)
                {
                    BinariesDir = Repository.LaurelFolder,
                    Fsync = false,
                    MaxConnections = 500,
                    Progress = static line => TestContext.Current.SendDiagnosticMessage(line),
                };
                return new Run(await EmbeddedPostgres.Start(options, CancellationToken.None), folder);
            }
            catch
            {
                await folder.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await postgres.DisposeAsync();
            await folder.DisposeAsync();
        }
    }
}

/// <summary>A database of its own for a test class, dropped when the class is done.</summary>
public sealed class TestDatabase(string connectionString, Func<Task> drop) : IAsyncDisposable
{
    public string ConnectionString => connectionString;

    /// <summary>Waits until a query says true.</summary>
    public async Task Until(string condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!(bool)(await Scalar(condition))!)
            await Task.Delay(10, patience.Token);
    }

    /// <summary>Asked over a connection of its own, which no pool knows.</summary>
    public async Task<object?> Scalar(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync() => await drop();
}

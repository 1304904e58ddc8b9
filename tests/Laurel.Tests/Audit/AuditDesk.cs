using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Platform.Secrets;
using Laurel.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Actor = Laurel.Platform.Audit.Actor;

namespace Laurel.Tests.Audit;

/// <summary>A database with a trail alone, and what is done to it: no server runs, so that a test says when what is chained.</summary>
internal sealed class AuditDesk : IAsyncDisposable
{
    public const string Trail = "events";

    private readonly TestDatabase _database;
    private readonly CheckpointKey _key = new(new SecretBox(new byte[SecretBox.KeyLength]));

    private AuditDesk(TestDatabase database, ServiceDatabase service)
    {
        _database = database;
        Owner = service.Owner;
        Service = Database.Open(database.ConnectionString, "events", service.Role);
        Batches = Database.OpenForBatches(database.ConnectionString, "events", service.Role);
        Role = service.Role;
    }

    public static Actor Operator { get; } = new(ActorKind.Person, "op-1", Laurel.Platform.Access.Role.Operator, "203.0.113.7");

    public static AuditEntry Entry { get; } = new(Operator, "reward.changed", "reward", "r-1", new { stock = 1 }, new { stock = 2 });

    public NpgsqlDataSource Owner { get; }

    public NpgsqlDataSource Service { get; }

    public NpgsqlDataSource Batches { get; }

    public string? Role { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<AuditDesk> Open(TestPostgres postgres)
    {
        var database = await postgres.CreateDatabase("events", (at, stop) => LaurelApp.Migrate(at, typeof(Laurel.Events.EventsSetup), stop), Cancellation);
        return new AuditDesk(database, await ServiceDatabase.Open(database.ConnectionString, "events", Cancellation));
    }

    /// <summary>One more process that may chain; it makes a checkpoint at once, unless it has patience.</summary>
    public AuditChain Chain(TimeSpan patience = default) => new(Service, Trail, _key, patience, NullLogger<AuditChain>.Instance);

    public Task<int> Notes(params AuditEntry[] entries) => Service.InTransaction(
        async transaction =>
        {
            await AuditTrail.Add(transaction, entries, Cancellation);
            return entries.Length;
        },
        Cancellation);

    /// <summary>So many rows, each of a transaction of its own, and all of them chained.</summary>
    public async Task Chains(int rows)
    {
        for (var i = 0; i < rows; i++)
            await Notes(Entry with { SubjectId = $"r-{i + 1}", Person = i % 2 == 0 ? null : $"u-{i + 1}" });
        await ChainsAll();
    }

    /// <summary>Transactions of other databases are waited for as well, and other tests have some.</summary>
    public Task ChainsAll() => Eventually.True(async () =>
    {
        await Chain().Extend(Cancellation);
        return (await Verifies()).Waiting == 0;
    });

    public Task<AuditReport> Verifies(params string[] kept) => new AuditVerification(Service, Trail, _key).Run(kept, Cancellation);

    /// <summary>Nothing is wrong, and so many rows are chained.</summary>
    public async Task IsWhole(long rows)
    {
        var report = await Verifies();
        Assert.Equal([], report.First);
        Assert.Equal((rows, 0L), (report.Chained, report.Waiting));
    }

    /// <summary>What somebody does who owns the database, and takes off what would hinder them.</summary>
    public async Task Tampers(string sql)
    {
        string[] tables = ["audit", "audit_chain", "audit_checkpoints", "audit_personal"];
        foreach (var table in tables)
            await Owner.Execute($"ALTER TABLE {table} DISABLE TRIGGER ALL", [], Cancellation);
        await using (var connection = await Owner.OpenConnectionAsync(Cancellation))
        await using (var command = new NpgsqlCommand(sql, connection))
            await command.ExecuteNonQueryAsync(Cancellation);
        foreach (var table in tables)
            await Owner.Execute($"ALTER TABLE {table} ENABLE TRIGGER ALL", [], Cancellation);
    }

    public async Task<string> Checkpoint() => (await new AuditReader(Service, Trail, _key).Latest(Cancellation))!.Checkpoint;

    public Task<List<(long Seq, long Id)>> Order() =>
        Owner.Query("SELECT seq, audit_id FROM audit_chain ORDER BY seq", row => (row.GetInt64(0), row.GetInt64(1)), [], Cancellation);

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Batches.DisposeAsync();
        await Owner.DisposeAsync();
        await _database.DisposeAsync();
    }
}

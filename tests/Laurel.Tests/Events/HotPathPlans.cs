using System.Text.Json.Nodes;
using Laurel.Events;
using Laurel.Events.Activities;
using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Events;

/// <summary>
/// Every statement of the hot path reaches each row by its key, whatever the planner believes: on empty tables (a plan that is made
/// then stays), on a million rows that it knows nothing of, and with statistics.
/// </summary>
public sealed class HotPathPlans(TestPostgres postgres)
{
    private const int Rows = 1_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_large_table_is_ever_scanned()
    {
        await using var database = await postgres.CreateDatabase("events", (at, stop) => LaurelApp.Migrate(at, typeof(EventsSetup), stop), Cancellation);
        await using var batches = Database.OpenForBatches(database.ConnectionString, "events");
        await using var filling = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { CommandTimeout = 300 });
        await filling.Execute("CREATE TABLE activities_2 PARTITION OF activities FOR VALUES IN (2)", [], Cancellation);
        // Nobody gathers statistics behind the test's back.
        foreach (var table in new[] { "progress", "activities_1", "activities_2" })
            await filling.Execute($"ALTER TABLE {table} SET (autovacuum_enabled = off)", [], Cancellation);
        await NothingIsScanned(batches, "empty");

        await Fill(filling);
        await NothingIsScanned(batches, "without statistics");

        await filling.Execute("ANALYZE progress, activities", [], Cancellation);
        await NothingIsScanned(batches, "with statistics");
    }

    private static async Task Fill(NpgsqlDataSource database)
    {
        await database.Execute(
            $"""
            INSERT INTO progress (user_id, event_id, window_key, version, epoch, met, state)
            SELECT 'user-' || i / 5, ('00000000-0000-0000-0000-00000000000' || i % 5)::uuid, '2000-01-01', 1, 1, 0, '\x01'
            FROM generate_series(1, {Rows}) AS i
            """, [], Cancellation);
        await database.Execute(
            $"""
            INSERT INTO activities (generation, user_id, id, type, occurred_at)
            SELECT 1 + i % 2, 'user-' || i % 100000, 'a' || i, 'kill', now()
            FROM generate_series(1, {Rows}) AS i
            """, [], Cancellation);
    }

    private static async Task NothingIsScanned(NpgsqlDataSource batches, string state)
    {
        foreach (var size in new[] { 1, 1_000 })
        {
            foreach (var (name, statement) in Statements(size))
            {
                var scanned = await Scanned(batches, statement);
                Assert.True(scanned.Count == 0, $"{name} of {size}, {state}: {string.Join(", ", scanned)}");
            }
        }
    }

    private static IEnumerable<(string Name, NpgsqlBatchCommand Statement)> Statements(int size)
    {
        var now = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);
        var keys = Enumerable.Range(0, size).Select(i => new ProgressKey($"user-{i}", new EventId(Guid.Parse("00000000-0000-0000-0000-000000000001")), Calendar.OnceKey)).ToList();
        var activities = keys.ConvertAll(key => new NewActivity(key.UserId, "new", new Activity("kill", now, 1, Attributes.None), null));
        yield return ("the log's insert", ActivityLog.Insert(1, activities));
        yield return ("the log's insert beside an earlier generation", ActivityLog.Insert(2, activities));
        yield return ("the look for what is stored", ActivityLog.Find(2, activities));
        yield return ("the history of users", ActivityLog.History((1, int.MaxValue), keys.ConvertAll(key => (key.UserId, now.AddDays(-9), now)), ["kill"]));
        yield return ("the read of progress", ProgressStore.Read(keys));
        foreach (var tell in new[] { true, false })
            yield return ("the write of progress", ProgressStore.Write(keys, keys.ConvertAll(_ => new ProgressRow(2, 1, 0, [1])), tell));
    }

    /// <summary>What the plan reads from its beginning to its end, of tables and of indexes.</summary>
    private static async Task<List<string>> Scanned(NpgsqlDataSource batches, NpgsqlBatchCommand statement)
    {
        await using var connection = await batches.OpenConnectionAsync(Cancellation);
        await using var command = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) {statement.CommandText}", connection);
        foreach (NpgsqlParameter parameter in statement.Parameters)
            command.Parameters.Add(parameter.Clone());
        var plan = JsonNode.Parse((string)(await command.ExecuteScalarAsync(Cancellation))!)![0]!["Plan"]!;
        return [.. Nodes(plan)
            .Where(node => node["Relation Name"] is not null)
            .Where(node => (string?)node["Node Type"] is not ("Index Scan" or "Index Only Scan" or "Bitmap Heap Scan" or "ModifyTable"))
            .Concat(Nodes(plan).Where(node => node["Node Type"]!.GetValue<string>().Contains("Index", StringComparison.Ordinal) && node["Index Cond"] is null))
            .Select(node => $"{node["Node Type"]} on {node["Relation Name"] ?? node["Index Name"]}")];
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode node) =>
        (node["Plans"]?.AsArray() ?? []).SelectMany(child => Nodes(child!)).Prepend(node);
}

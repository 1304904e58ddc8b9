using System.Text.Json.Nodes;
using Laurel.Events;
using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Events.Claims;

/// <summary>Each filter of the history has its index, whatever the planner believes: on an empty table, without statistics and with them.</summary>
public sealed class PlansOfHistory(TestPostgres postgres)
{
    private const int Rows = 300_000;

    private static readonly EventId Event = new(Guid.Parse("00000000-0000-7000-8000-000000000001"));
    private static readonly DateTimeOffset Time = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static IEnumerable<(string Name, ClaimFilter Filter, string Index)> Filters =>
    [
        ("all", new(), "claims_by_id"),
        ("a period", new() { From = Time, To = Time.AddDays(1) }, "claims_by_id"),
        ("a user", new() { UserId = "user-7" }, "claims_pkey"),
        ("a user's, of an event", new() { UserId = "user-7", Event = Event, Status = ClaimStatus.Completed }, "claims_pkey"),
        ("an event", new() { Event = Event }, "claims_by_offer"),
        ("an event, status and period", new() { Event = Event, Status = ClaimStatus.Completed, From = Time, To = Time.AddDays(1) }, "claims_by_offer"),
        ("an offer", new() { Offer = new OfferId(Event.Value) }, "claims_by_offer"),
        ("a rare status", new() { Status = ClaimStatus.Pending }, "claims_by_status"),
        ("the usual status", new() { Status = ClaimStatus.Completed }, "claims_by_id"),
        ("what has items", new() { RewardType = ContentKind.Item }, "claims_with_items"),
        ("what has coupons", new() { RewardType = ContentKind.Coupon }, "claims_with_coupons"),
        ("what has badges", new() { RewardType = ContentKind.Badge }, "claims_with_badges"),
        ("what has custom contents", new() { RewardType = ContentKind.Custom }, "claims_with_custom"),
        ("what has points", new() { RewardType = ContentKind.Points }, "claims_by_id"),
    ];

    [Fact]
    public async Task No_page_reads_more_than_its_part_of_an_index()
    {
        await using var database = await postgres.CreateDatabase("events", (at, stop) => LaurelApp.Migrate(at, typeof(EventsSetup), stop), Cancellation);
        await using var batches = Database.OpenForBatches(database.ConnectionString, "events");
        await using var filling = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { CommandTimeout = 300 });
        await filling.Execute("ALTER TABLE claims SET (autovacuum_enabled = off)", [], Cancellation);
        await AreRight(batches, "empty");
        await Fill(filling);
        await AreRight(batches, "without statistics");
        await filling.Execute("ANALYZE claims", [], Cancellation);
        await AreRight(batches, "with statistics");
    }

    private static async Task AreRight(NpgsqlDataSource batches, string state)
    {
        foreach (var (name, filter, index) in Filters)
        {
            foreach (Guid? before in new Guid?[] { null, Guid.Parse("01aa0000-0000-7000-8000-000000000000") })
            {
                var plan = await Plan(batches, ClaimReader.Statement(filter, before, 51));
                var claims = Nodes(plan).Where(node => (string?)node["Relation Name"] == "claims").ToList();
                Assert.True(
                    claims.Count == 1 && (string?)claims[0]["Node Type"] == "Index Scan" && (string?)claims[0]["Index Name"] == index && (string?)claims[0]["Scan Direction"] == "Backward",
                    $"{name}, {state}: {plan}");
            }
        }
    }

    private static async Task<JsonNode> Plan(NpgsqlDataSource batches, (string Sql, object?[] Values) statement)
    {
        await using var connection = await batches.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await transaction.Execute(ClaimReader.InOrder, [], Cancellation);
        await using var command = new NpgsqlCommand($"EXPLAIN (FORMAT JSON) {statement.Sql}", connection, transaction);
        foreach (var value in statement.Values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return JsonNode.Parse((string)(await command.ExecuteScalarAsync(Cancellation))!)![0]!["Plan"]!;
    }

    private static Task<int> Fill(NpgsqlDataSource database) => database.Execute(
        $$"""
        INSERT INTO claims (created_at, completed_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
        SELECT now(), now(), 10, 0, date '2000-01-01' + i / 5000, (lpad(to_hex(1790000000000 + i), 12, '0') || '70008000' || substr(md5(i::text), 1, 12))::uuid,
            $1, $1, $1, 'user-' || i % 5000, CASE WHEN i % 1000 = 0 THEN 'pending' ELSE 'completed' END, 'user', 'A reward',
            CASE WHEN i % 500 = 0 THEN '[{"type": "item"}, {"type": "badge"}]'::jsonb ELSE '[{"type": "points", "amount": 10}]' END
        FROM generate_series(1, {{Rows}}) AS i
        """, [Event.Value], Cancellation);

    private static IEnumerable<JsonNode> Nodes(JsonNode node) =>
        (node["Plans"]?.AsArray() ?? []).SelectMany(child => Nodes(child!)).Prepend(node);
}

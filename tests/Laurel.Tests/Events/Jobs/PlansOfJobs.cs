using Laurel.Events;
using Laurel.Events.Erasures;
using Laurel.Events.Jobs;
using Laurel.Events.Voids;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Jobs;

/// <summary>A batch of a job reads its own users' part of a table, however large the table is.</summary>
public sealed class PlansOfJobs(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(UserHistory.Statement, "Index Cond: ((ROW(user_id, id, generation) > ROW($1, $2, $3)) AND (user_id <= $4)",
        new[] { "text", "text", "int", "text", "int", "int", "int", "text[]", "timestamptz", "timestamptz" })]
    [InlineData(VoidStore.TakeBackSent, "Index Cond: ((user_id = ANY ($3))",
        new[] { "uuid", "int", "text[]", "int", "int", "uuid", "timestamptz", "timestamptz" })]
    [InlineData(VoidStore.TakeBackNamed, "Index Cond: ((user_id = (named.user_id)::text) AND (id = (named.id)::text))", new[] { "uuid", "int", "text[]", "text[]" })]
    [InlineData(ErasureStore.StripAttributes, "Index Cond: (user_id = ANY ($1))", new[] { "text[]", "int" })]
    [InlineData(ErasureStore.ForgetWritten, "Index Cond: (user_id = $1)", new[] { "text", "text", "int" })]
    [InlineData(ErasureStore.ForgetWritten, "Index Scan using idempotency_keys_of_grants", new[] { "text", "text", "int" })]
    [InlineData(ErasureStore.ForgetSaid, "Index Cond: (user_id = $1)", new[] { "text", "text", "int" })]
    [InlineData(ErasureWork.ClaimsThatWait, "Index Cond: (user_id = $1)", new[] { "text", "int" })]
    public async Task No_table_is_scanned(string statement, string condition, string[] types)
    {
        var plan = await Plans.Generic(app.Services.GetRequiredService<EventsDatabase>().Batches, statement, types);

        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.True(plan.Contains(condition, StringComparison.Ordinal), plan);
    }

    [Fact]
    public async Task A_period_is_looked_for_by_arrival()
    {
        await app.Events.Execute(
            """
            INSERT INTO activities (generation, user_id, id, type, occurred_at, received_at)
            SELECT 1, 'user-' || i % 5000, 'a' || i, 'kill', now(), now() - (200000 - i) * interval '1 s'
            FROM generate_series(1, 200000) AS i
            """,
            [], Cancellation);
        var now = app.Clock.GetUtcNow();
        foreach (var statistics in new[] { "SELECT 1", "ANALYZE activities" })
        {
            await app.Events.Execute(statistics, [], Cancellation);
            await using var connection = await app.Events.OpenConnectionAsync(Cancellation);
            await using var transaction = await connection.BeginTransactionAsync(Cancellation);
            await transaction.Execute(VoidStore.ByArrival, [], Cancellation);
            var plan = string.Join('\n', await transaction.Query(
                $"EXPLAIN (COSTS OFF) {VoidStore.FindSent(generation: 1)}",
                row => row.GetString(0), [Guid.CreateVersion7(now), Guid.CreateVersion7(now), now.AddHours(-3), now.AddHours(-2)], Cancellation));
            Assert.True(plan.Contains("Bitmap Index Scan on activities_1_received_at_idx", StringComparison.Ordinal), plan);
        }
    }
}

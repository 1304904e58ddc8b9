using Laurel.Events;
using Laurel.Events.Deliveries;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>Deliveries are found by what is due and ended by their ids, however many there are.</summary>
public sealed class PlansOfDeliveries(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Theory]
    [InlineData(
        DeliveryStore.Take, "Index Cond: ((queue = $1) AND (due_at <= $2))", new[] { "uuid", "timestamptz", "int", "uuid", "interval" })]
    [InlineData(
        DeliveryStore.Take, "Index Cond: (id = taken.delivery_id)", new[] { "uuid", "timestamptz", "int", "uuid", "interval" })]
    [InlineData(
        AttemptHandler.Complete, "Index Cond: (id = ended.claim_id)", new[] { "text[]", "uuid[]", "uuid[]", "timestamptz", "uuid[]", "int[]" })]
    [InlineData(
        AttemptHandler.End, "Index Cond: (id = ended.id)",
        new[] { "text[]", "uuid[]", "uuid[]", "uuid[]", "text[]", "boolean[]", "timestamptz[]", "timestamptz[]", "boolean[]", "text[]", "boolean[]", "int[]", "int[]" })]
    public async Task No_table_is_scanned(string statement, string found, string[] types)
    {
        await IsPlannedByKeys(statement, found, types);
        await ManyAreOver();
        await IsPlannedByKeys(statement, found, types);
    }

    /// <summary>What statistics say then, and for as long as nothing gathers them again: hardly anything is due.</summary>
    private async Task ManyAreOver()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await app.Events.Execute(
            """
            WITH made AS (
                INSERT INTO claims (created_at, points, holds, window_key, id, event_id, offer_id, reward_id, user_id, status, origin, reward_name, contents)
                SELECT now(), 0, 0, '2000-01-01', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'user-' || n, 'completed', 'user',
                    'A sword', '[{"type": "item", "itemId": "sword-1", "name": "Sword", "quantity": 1}]'
                FROM generate_series(1, 20000) AS n
                RETURNING user_id, id
            )
            INSERT INTO deliveries (id, user_id, claim_id, kind, queue, created_at, due_at, status)
            SELECT gen_random_uuid(), user_id, id, 'granted', '00000000-0000-0000-0000-000000000000', now(), now(), 'delivered'
            FROM made
            """,
            [], cancellation);
        await app.Events.Execute("ANALYZE claims, deliveries", [], cancellation);
    }

    private async Task IsPlannedByKeys(string statement, string found, string[] types)
    {
        var plan = await Plans.Generic(app.Services.GetRequiredService<EventsDatabase>().Batches, statement, types);

        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.True(plan.Contains(found, StringComparison.Ordinal), plan);
    }
}

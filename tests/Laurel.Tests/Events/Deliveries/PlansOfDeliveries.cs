using Laurel.Events;
using Laurel.Events.Deliveries;
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
        AttemptHandler.Complete, "Index Cond: (id = ended.claim_id)", new[] { "text[]", "uuid[]", "uuid[]", "timestamptz", "uuid[]", "int[]" })]
    [InlineData(
        AttemptHandler.End, "Index Cond: (id = ended.id)",
        new[] { "text[]", "uuid[]", "uuid[]", "uuid[]", "text[]", "boolean[]", "timestamptz[]", "timestamptz[]", "boolean[]", "text[]", "boolean[]", "int[]" })]
    public async Task No_table_is_scanned(string statement, string found, string[] types)
    {
        var plan = await Plans.Generic(app.Services.GetRequiredService<EventsDatabase>().Batches, statement, types);

        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.True(plan.Contains(found, StringComparison.Ordinal), plan);
    }
}

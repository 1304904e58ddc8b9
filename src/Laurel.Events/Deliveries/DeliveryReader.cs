using Laurel.Platform.Http;
using Laurel.Platform.Postgres;

namespace Laurel.Events.Deliveries;

/// <summary>Which deliveries are wanted.</summary>
internal sealed record DeliveryFilter(DeliveryStatus? Status, DeliveryQueue? Queue, string? UserId, ClaimId? Claim, EventId? Event);

/// <summary>Deliveries as staff looks for them, newest first.</summary>
internal sealed class DeliveryReader(EventsDatabase database)
{
    public Task<List<StoredDelivery>> List(DeliveryFilter filter, Guid? before, int limit, CancellationToken cancellation)
    {
        var conditions = new Conditions();
        conditions.Add("deliveries.status = {0}", filter.Status is { } status ? WireNames<DeliveryStatus>.Of(status) : null);
        conditions.Add("deliveries.queue = {0}", filter.Queue?.Value);
        conditions.Add("deliveries.user_id = {0}", filter.UserId);
        conditions.Add("deliveries.claim_id = {0}", filter.Claim?.Value);
        conditions.Add("claims.event_id = {0}", filter.Event?.Value);
        conditions.Add("deliveries.id < {0}", before);
        return database.Any.Query(
            $"""
            {StoredDelivery.Select}
            {conditions.Where}
            ORDER BY deliveries.id DESC
            LIMIT {conditions.Value(limit)}
            """,
            StoredDelivery.Read, conditions.Values, cancellation);
    }
}

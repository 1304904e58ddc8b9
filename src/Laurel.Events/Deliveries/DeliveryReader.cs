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
        var (conditions, values) = (new List<string>(), new List<object?>());
        Add("deliveries.status = {0}", filter.Status is { } status ? WireNames<DeliveryStatus>.Of(status) : null);
        Add("deliveries.queue = {0}", filter.Queue?.Value);
        Add("deliveries.user_id = {0}", filter.UserId);
        Add("deliveries.claim_id = {0}", filter.Claim?.Value);
        Add("claims.event_id = {0}", filter.Event?.Value);
        Add("deliveries.id < {0}", before);
        values.Add(limit);
        return database.Any.Query(
            $"""
            {StoredDelivery.Select}
            {(conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}")}
            ORDER BY deliveries.id DESC
            LIMIT ${values.Count}
            """,
            StoredDelivery.Read, [.. values], cancellation);

        void Add(string condition, object? value)
        {
            if (value is null)
                return;
            values.Add(value);
            conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, $"${values.Count}"));
        }
    }
}

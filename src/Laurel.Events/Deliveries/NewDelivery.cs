using Laurel.Events.Claims;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Deliveries;

/// <summary>A delivery to be made, in the transaction of what it tells.</summary>
internal sealed record NewDelivery(DeliveryId Id, string UserId, ClaimId Claim, DeliveryKind Kind, DeliveryQueue Queue, DateTimeOffset CreatedAt)
{
    /// <summary>The order in which every process locks.</summary>
    private static readonly Comparer<NewDelivery> Order = Comparer<NewDelivery>.Create(static (left, right) =>
    {
        var order = string.CompareOrdinal(left.UserId, right.UserId);
        if (order == 0)
            order = left.Claim.Value.CompareTo(right.Claim.Value);
        return order == 0 ? left.Queue.Value.CompareTo(right.Queue.Value) : order;
    });

    public DateTimeOffset DueAt { get; init; } = CreatedAt;

    /// <summary>Of a claim, for whoever fulfils it and for all who are told.</summary>
    public static IEnumerable<NewDelivery> Of(Claim claim, DeliveryKind kind, IEnumerable<WebhookId> told, DateTimeOffset now) =>
        told.Select(DeliveryQueue.Telling).Prepend(DeliveryQueue.Fulfilment)
            .Select(queue => new NewDelivery(new DeliveryId(Guid.CreateVersion7(now)), claim.Key.UserId, claim.Id, kind, queue, now));

    public static NpgsqlBatchCommand Insert(IEnumerable<NewDelivery> deliveries)
    {
        var rows = deliveries.ToList();
        rows.Sort(Order);
        return new NpgsqlBatchCommand(
            """
            INSERT INTO deliveries (id, user_id, claim_id, kind, queue, created_at, due_at)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
            """)
        {
            Parameters =
            {
                Columns.Of(rows, NpgsqlDbType.Uuid, one => one.Id.Value),
                Columns.Texts(rows, one => one.UserId),
                Columns.Of(rows, NpgsqlDbType.Uuid, one => one.Claim.Value),
                Columns.Texts(rows, one => WireNames<DeliveryKind>.Of(one.Kind)),
                Columns.Of(rows, NpgsqlDbType.Uuid, one => one.Queue.Value),
                Columns.Of(rows, NpgsqlDbType.TimestampTz, one => one.CreatedAt.UtcDateTime),
                Columns.Of(rows, NpgsqlDbType.TimestampTz, one => one.DueAt.UtcDateTime),
            },
        };
    }
}

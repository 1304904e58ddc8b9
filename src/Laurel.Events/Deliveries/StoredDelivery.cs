using System.Text.Json;
using Laurel.Events.Catalog;
using Laurel.Events.Coupons;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Deliveries;

/// <summary>A delivery as it is stored, with what it is about.</summary>
internal sealed record StoredDelivery(
    DeliveryId Id,
    string UserId,
    ClaimId Claim,
    DeliveryKind Kind,
    DeliveryQueue Queue,
    DeliveryStatus Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset DueAt,
    DateTimeOffset? LeasedUntil,
    DateTimeOffset? FinishedAt,
    int Attempts,
    int Failures,
    Guid? Lease,
    IReadOnlyList<DeliveryAttempt> History,
    EventId? Event,
    OfferId? Offer,
    RewardId RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents)
{
    public const string Select =
        $"""
        SELECT deliveries.id, deliveries.user_id, deliveries.claim_id, deliveries.kind, deliveries.queue, deliveries.status, deliveries.created_at,
            deliveries.due_at, deliveries.leased_until, deliveries.finished_at, deliveries.attempts, deliveries.failures, deliveries.lease,
            deliveries.history, claims.event_id, claims.offer_id, claims.reward_id, claims.reward_name, {CouponStore.Contents}
        FROM deliveries
        JOIN claims ON claims.user_id = deliveries.user_id AND claims.id = deliveries.claim_id
        """;

    public static StoredDelivery Read(NpgsqlDataReader row) => new(
        new DeliveryId(row.GetGuid(0)),
        row.GetString(1),
        new ClaimId(row.GetGuid(2)),
        WireNames<DeliveryKind>.Parse(row.GetString(3)),
        new DeliveryQueue(row.GetGuid(4)),
        WireNames<DeliveryStatus>.Parse(row.GetString(5)),
        row.Time(6),
        row.Time(7),
        row.Optional<DateTimeOffset>(8),
        row.Optional<DateTimeOffset>(9),
        row.GetInt32(10),
        row.GetInt32(11),
        row.Optional<Guid>(12),
        JsonSerializer.Deserialize<IReadOnlyList<DeliveryAttempt>>(row.GetString(13), JsonRules.Options)!,
        row.Optional<Guid>(14) is { } @event ? new EventId(@event) : null,
        row.Optional<Guid>(15) is { } offer ? new OfferId(offer) : null,
        new RewardId(row.GetGuid(16)),
        row.GetString(17),
        JsonSerializer.Deserialize<IReadOnlyList<Content>>(row.GetString(18), JsonRules.Options)!);
}

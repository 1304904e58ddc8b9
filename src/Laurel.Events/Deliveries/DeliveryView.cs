using Laurel.Events.Catalog;
using Laurel.Events.Coupons;

namespace Laurel.Events.Deliveries;

/// <summary>A delivery as staff sees it.</summary>
/// <param name="Id">What the game knows it by: its `webhook-id`, the same in every attempt.</param>
/// <param name="Kind">What the game is told.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="ClaimId">The claim that it hands over.</param>
/// <param name="UserId">Whose claim that is.</param>
/// <param name="EventId">The event; of a grant by hand, absent.</param>
/// <param name="OfferId">The offer; of a grant by hand, absent.</param>
/// <param name="RewardId">The reward.</param>
/// <param name="RewardName">Its name when it was claimed.</param>
/// <param name="Contents">What is handed over.</param>
/// <param name="WebhookId">The webhook that is only told; absent where it is for whoever fulfils.</param>
/// <param name="Attempts">How often it was handed out.</param>
/// <param name="CreatedAt">Since when it waits.</param>
/// <param name="NextAttemptAt">When it is attempted next, where it is.</param>
/// <param name="LeasedUntil">Until when the attempt that is under way has it.</param>
/// <param name="FinishedAt">Since when nothing more becomes of it.</param>
/// <param name="LastAttempts">How its last ten attempts ended, oldest first; of one delivery alone.</param>
public sealed record DeliveryView(
    DeliveryId Id,
    DeliveryKind Kind,
    DeliveryStatus Status,
    ClaimId ClaimId,
    string UserId,
    EventId? EventId,
    OfferId? OfferId,
    RewardId RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents,
    WebhookId? WebhookId,
    int Attempts,
    DateTimeOffset CreatedAt,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset? LeasedUntil,
    DateTimeOffset? FinishedAt,
    IReadOnlyList<DeliveryAttempt>? LastAttempts)
{
    internal static DeliveryView Of(StoredDelivery delivery, bool withAttempts) => new(
        delivery.Id,
        delivery.Kind,
        delivery.Status,
        delivery.Claim,
        delivery.UserId,
        delivery.Event,
        delivery.Offer,
        delivery.RewardId,
        delivery.RewardName,
        Masking.Of(delivery.Contents),
        delivery.Queue.IsFulfilment ? null : new WebhookId(delivery.Queue.Value),
        delivery.Attempts,
        delivery.CreatedAt,
        delivery.Status is DeliveryStatus.Pending or DeliveryStatus.Accepted ? delivery.DueAt : null,
        delivery.Status == DeliveryStatus.Pending ? delivery.LeasedUntil : null,
        delivery.FinishedAt,
        withAttempts ? delivery.History : null);
}

/// <summary>A delivery that was pulled: whoever has its lease hands it over, and says so.</summary>
/// <param name="Id">What it is known by: whoever has handed it over once knows it again.</param>
/// <param name="Type">`reward.granted`, or `reward.revoked`: to be taken back.</param>
/// <param name="ClaimId">The claim.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="EventId">The event; of a grant by hand, absent.</param>
/// <param name="OfferId">The offer; of a grant by hand, absent.</param>
/// <param name="RewardId">The reward.</param>
/// <param name="RewardName">Its name when it was claimed.</param>
/// <param name="Contents">What is to be handed over. Points are in the user's wallet already.</param>
/// <param name="CreatedAt">Since when it waits.</param>
/// <param name="Lease">To be shown with `ack` and `fail`.</param>
/// <param name="LeaseUntil">Until when nobody else is given it.</param>
public sealed record PendingDelivery(
    DeliveryId Id,
    string Type,
    ClaimId ClaimId,
    string UserId,
    EventId? EventId,
    OfferId? OfferId,
    RewardId RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents,
    DateTimeOffset CreatedAt,
    Guid Lease,
    DateTimeOffset LeaseUntil)
{
    internal static PendingDelivery Of(LeasedDelivery delivery) => new(
        delivery.Id,
        WebhookMessage.TypeOf(delivery.Kind),
        delivery.Claim.Id,
        delivery.Claim.Key.UserId,
        delivery.Claim.Key.OfEvent,
        delivery.Claim.Key.OfOffer,
        delivery.Claim.RewardId,
        delivery.Claim.RewardName,
        delivery.Claim.Contents,
        delivery.CreatedAt,
        delivery.Lease,
        delivery.LeasedUntil);
}

/// <summary>What was pulled.</summary>
public sealed record PendingDeliveries(IReadOnlyList<PendingDelivery> Items);

/// <summary>The game has handed it over.</summary>
/// <param name="Lease">As it was given with the delivery: by the pull, or in the message's `data.lease`.</param>
public sealed record AckRequest(Guid Lease);

/// <summary>The game could not hand it over.</summary>
/// <param name="Lease">As it was given with the delivery: by the pull, or in the message's `data.lease`.</param>
/// <param name="Reason">Why, for operators.</param>
/// <param name="Permanent">Whether it never will: then the claim fails, and its stock and points go back.</param>
public sealed record FailRequest(Guid Lease, string Reason, bool Permanent = false);

/// <summary>Why an operator says that it was handed over.</summary>
public sealed record CompleteRequest(string Reason);

/// <summary>What became of a delivery.</summary>
public sealed record DeliveryAnswer(DeliveryId Id, ClaimId ClaimId, DeliveryStatus Status);

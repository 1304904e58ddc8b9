using System.Text.Json;
using Laurel.Events.Catalog;
using Laurel.Events.Coupons;
using Laurel.Platform.Http;

namespace Laurel.Events.Deliveries;

/// <summary>The body of a message to an endpoint.</summary>
/// <param name="Type">`reward.granted`, `reward.revoked` or `webhook.test`.</param>
/// <param name="Timestamp">When what it tells happened.</param>
/// <param name="Data">What it tells.</param>
internal sealed record WebhookMessage(string Type, DateTimeOffset Timestamp, WebhookMessage.Delivery? Data)
{
    /// <summary>What the game is told of a claim. The lease is for the call back.</summary>
    internal sealed record Delivery(
        DeliveryId DeliveryId,
        ClaimId ClaimId,
        string UserId,
        EventId? EventId,
        OfferId? OfferId,
        RewardId RewardId,
        string RewardName,
        DateOnly? Window,
        DateTimeOffset ClaimedAt,
        IReadOnlyList<Content> Contents,
        Guid? Lease);

    public static string TypeOf(DeliveryKind kind) => kind switch
    {
        DeliveryKind.Granted => "reward.granted",
        DeliveryKind.Revoked => "reward.revoked",
    };

    /// <summary>The same in every attempt.</summary>
    public static byte[] Of(LeasedDelivery delivery, Guid? callbackLease) => Write(new WebhookMessage(
        TypeOf(delivery.Kind),
        delivery.CreatedAt,
        new Delivery(
            delivery.Id,
            delivery.Claim.Id,
            delivery.Claim.Key.UserId,
            delivery.Claim.Key.OfEvent,
            delivery.Claim.Key.OfOffer,
            delivery.Claim.RewardId,
            delivery.Claim.RewardName,
            delivery.Claim.Key.Window == Rules.Calendar.OnceKey ? null : delivery.Claim.Key.Window,
            delivery.Claim.CreatedAt,
            // Whoever is only told has no use for a code.
            delivery.Queue.IsFulfilment ? delivery.Claim.Contents : Masking.Of(delivery.Claim.Contents),
            callbackLease)));

    public static byte[] Test(DateTimeOffset now) => Write(new WebhookMessage("webhook.test", now, Data: null));

    private static byte[] Write(WebhookMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, JsonRules.Options);
}

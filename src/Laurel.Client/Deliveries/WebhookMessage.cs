using System.Text.Json;

namespace Laurel.Client;

/// <summary>What a webhook is told. It may be told the same more than once: under the same id.</summary>
/// <param name="Id">What the message is known by: the same in every attempt.</param>
/// <param name="Type">Such as <c>reward.granted</c>, <c>reward.revoked</c> or <c>webhook.test</c>.</param>
/// <param name="Timestamp">When what it tells happened.</param>
/// <param name="Delivery">The reward; null in a message that is about none, such as a test.</param>
/// <param name="Window">The day that the window begins in which the reward was earned; null where the event has but one.</param>
/// <param name="ClaimedAt">When the reward was claimed.</param>
public sealed record WebhookMessage(
    string Id, string Type, DateTimeOffset Timestamp, Delivery? Delivery = null, DateOnly? Window = null, DateTimeOffset? ClaimedAt = null)
{
    internal static WebhookMessage Of(string id, WebhookBody body)
    {
        DeliveryType? type = body.Type switch
        {
            "reward.granted" => DeliveryType.Granted,
            "reward.revoked" => DeliveryType.Revoked,
            _ => null,
        };
        if (type is null)
            return new WebhookMessage(id, body.Type, body.Timestamp);
        var data = body.Data?.Deserialize(WireJson.Default.WebhookData) ?? throw new JsonException($"A {body.Type} without data.");
        var delivery = new Delivery(
            data.DeliveryId, type.Value, data.ClaimId, data.UserId, data.RewardId, data.RewardName, data.Contents, data.EventId, data.OfferId, data.Lease);
        return new WebhookMessage(id, body.Type, body.Timestamp, delivery, data.Window, data.ClaimedAt);
    }
}

/// <summary>The body of a message. Of a type that this version does not know, the data may be of any shape.</summary>
internal sealed record WebhookBody(string Type, DateTimeOffset Timestamp, JsonElement? Data = null);

internal sealed record WebhookData(
    Guid DeliveryId,
    Guid ClaimId,
    string UserId,
    Guid RewardId,
    string RewardName,
    DateTimeOffset ClaimedAt,
    IReadOnlyList<Content> Contents,
    Guid? EventId = null,
    Guid? OfferId = null,
    DateOnly? Window = null,
    Guid? Lease = null);

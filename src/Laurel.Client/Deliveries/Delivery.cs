using System.Text.Json.Serialization;

namespace Laurel.Client;

/// <summary>What is to be done for a user.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeliveryType>))]
public enum DeliveryType
{
    /// <summary>The contents are to be handed over.</summary>
    [JsonStringEnumMemberName("reward.granted")]
    Granted,

    /// <summary>What was handed over is to be taken back.</summary>
    [JsonStringEnumMemberName("reward.revoked")]
    Revoked,
}

/// <summary>A reward on its way to a user. It comes at least once: who has handed it over once knows it again by its id.</summary>
/// <param name="Id">What it is known by: the same in every attempt, and the `webhook-id` of its message.</param>
/// <param name="Type">What is to be done.</param>
/// <param name="ClaimId">The claim. The same when what was granted by it is revoked.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="RewardId">The reward.</param>
/// <param name="RewardName">Its name when it was claimed.</param>
/// <param name="Contents">What is to be handed over, or taken back.</param>
/// <param name="EventId">The event that it was earned in; null: an operator granted it by hand.</param>
/// <param name="OfferId">The offer; null: granted by hand.</param>
/// <param name="Lease">To be shown with what became of it. Null where nobody is asked: this webhook is only told.</param>
/// <param name="LeaseUntil">When it was pulled: until when nobody else is given it.</param>
public sealed record Delivery(
    Guid Id,
    DeliveryType Type,
    Guid ClaimId,
    string UserId,
    Guid RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents,
    Guid? EventId = null,
    Guid? OfferId = null,
    Guid? Lease = null,
    DateTimeOffset? LeaseUntil = null);

/// <summary>Where a delivery stands.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="ClaimId">Its claim.</param>
/// <param name="Status">Such as <c>delivered</c> or <c>pending</c>.</param>
public sealed record DeliveryState(Guid Id, Guid ClaimId, string Status);

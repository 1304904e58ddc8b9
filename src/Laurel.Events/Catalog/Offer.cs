using System.Text.Json.Serialization;
using Laurel.Rules;

namespace Laurel.Events.Catalog;

/// <summary>What an event offers: a reward, on terms.</summary>
/// <param name="Id">The offer's id.</param>
/// <param name="RewardId">The reward's id.</param>
/// <param name="RewardName">The reward's name.</param>
/// <param name="Contents">What the reward gives.</param>
/// <param name="Condition">Its own, in place of the event's.</param>
/// <param name="RequiresApproval">Whether an operator decides on each claim.</param>
/// <param name="AutoClaim">Whether it is claimed for users as soon as they have met the condition.</param>
/// <param name="Stock">How many there are of this offer.</param>
/// <param name="Closed">Whether it can no longer be claimed.</param>
/// <param name="Ordinal">Its number in the event, by which progress remembers who has met it.</param>
/// <param name="RewardStock">How many there are of the reward, whichever events offer it.</param>
/// <param name="ApprovalDeadlineSeconds">After how long a claim is decided that nobody has decided about.</param>
/// <param name="OnDeadline">How it is decided then.</param>
public sealed record Offer(
    OfferId Id,
    RewardId RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents,
    Condition? Condition,
    bool RequiresApproval,
    bool AutoClaim,
    long? Stock,
    bool Closed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWriting)] int Ordinal,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWriting)] long? RewardStock = null,
    long? ApprovalDeadlineSeconds = null,
    DeadlineOutcome? OnDeadline = null)
{
    /// <summary>Whether it is claimed for users now.</summary>
    internal bool ClaimsItself => AutoClaim && !Closed;

    internal OfferRequest Request => new(RewardId, Condition, RequiresApproval, AutoClaim, Stock, Closed, ApprovalDeadlineSeconds, OnDeadline);
}

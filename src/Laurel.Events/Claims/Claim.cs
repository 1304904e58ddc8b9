using Laurel.Events.Catalog;
using Laurel.Events.Coupons;

namespace Laurel.Events.Claims;

public enum ClaimStatus
{
    /// <summary>Somebody has to approve it. What it would take of the stock is kept for it.</summary>
    Pending,

    /// <summary>Granted, and on its way to the game.</summary>
    Processing,

    /// <summary>The user has it.</summary>
    Completed,

    /// <summary>Refused for good.</summary>
    Rejected,

    /// <summary>Refused in a way that allows another try.</summary>
    Reopened,

    /// <summary>The game said that it can never be handed over, or an operator cancelled it.</summary>
    Failed,

    /// <summary>Taken back after it was completed.</summary>
    Revoked,
}

/// <summary>Who asked for it.</summary>
public enum ClaimOrigin
{
    User,

    /// <summary>Laurel, as soon as the condition was met.</summary>
    Auto,

    /// <summary>An operator, by hand.</summary>
    Operator,
}

/// <summary>What decides that a reward is paid once: at most one claim has it.</summary>
internal readonly record struct ClaimKey(string UserId, EventId Event, OfferId Offer, DateOnly Window)
{
    /// <summary>Whether it is of no event: what an operator has granted is one of its kind.</summary>
    public bool IsByHand => Event == default;

    /// <summary>Null: of none.</summary>
    public EventId? OfEvent => IsByHand ? null : Event;

    public OfferId? OfOffer => IsByHand ? null : Offer;

    /// <summary>A grant by hand is its own key; what makes it happen once is the key of the request.</summary>
    public static ClaimKey ByHand(string userId, ClaimId id) => new(userId, default, new OfferId(id.Value), Rules.Calendar.OnceKey);

    /// <summary>The order in which every process locks.</summary>
    public static readonly Comparer<ClaimKey> Order = Comparer<ClaimKey>.Create(static (left, right) =>
    {
        var order = string.CompareOrdinal(left.UserId, right.UserId);
        if (order == 0)
            order = left.Event.Value.CompareTo(right.Event.Value);
        if (order == 0)
            order = left.Offer.Value.CompareTo(right.Offer.Value);
        return order == 0 ? left.Window.CompareTo(right.Window) : order;
    });
}

/// <summary>What a claim has taken of what there is an end of.</summary>
[Flags]
internal enum Holds : short
{
    Nothing = 0,
    OfReward = 1,
    OfOffer = 2,

    /// <summary>A code out of a pool for each place in its contents where one stands.</summary>
    Codes = 4,
}

internal static class HeldStock
{
    /// <summary>Those whose stock it is, of a claim on this reward by this offer.</summary>
    public static IEnumerable<Guid> Owners(this Holds holds, RewardId reward, OfferId offer)
    {
        if (holds.HasFlag(Holds.OfReward))
            yield return reward.Value;
        if (holds.HasFlag(Holds.OfOffer))
            yield return offer.Value;
    }
}

/// <summary>One user's request for one offer in one window, and what became of it.</summary>
internal sealed record Claim(
    ClaimId Id,
    ClaimKey Key,
    RewardId RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents,
    long Points,
    ClaimStatus Status,
    ClaimOrigin Origin,
    Holds Holds,
    DateTimeOffset CreatedAt)
{
    public DateTimeOffset? CompletedAt { get; init; }

    public Decision? Decision { get; init; }

    /// <summary>When and how it is decided, if nobody has by then; as it was promised when it was made.</summary>
    public Deadline? Deadline { get; init; }

    /// <summary>Who granted it by hand, and why.</summary>
    public ByHand? ByHand { get; init; }

    /// <summary>Whether the game has to be told.</summary>
    public bool IsDelivered => Payout.IsDeliveredOf(Contents);

    /// <summary>Whose units of stock it holds, one each.</summary>
    public IEnumerable<Guid> StockOwners() => Holds.Owners(RewardId, Key.Offer);
}

/// <summary>What somebody decided about a claim: to approve, reject, cancel or revoke it.</summary>
internal sealed record Decision(string By, DateTimeOffset At, string? Reason);

/// <summary>What becomes of a claim at this time that nobody has decided about.</summary>
internal sealed record Deadline(DateTimeOffset At, DeadlineOutcome Outcome);

/// <summary>An operator's grant.</summary>
internal sealed record ByHand(string By, string Reason);

/// <summary>A claim as it is shown.</summary>
/// <param name="Id">The claim.</param>
/// <param name="UserId">Whose it is; for staff alone.</param>
/// <param name="EventId">The event; of a grant by hand, absent.</param>
/// <param name="OfferId">The offer; of a grant by hand, absent.</param>
/// <param name="RewardId">The reward.</param>
/// <param name="RewardName">Its name when it was claimed.</param>
/// <param name="Window">The local date on which the event's repetition began; of an event that does not repeat, absent.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Origin">Who asked for it.</param>
/// <param name="Contents">What was promised; with the codes of coupons, once it is granted.</param>
/// <param name="CreatedAt">When it was claimed.</param>
/// <param name="CompletedAt">Since when the user has it.</param>
/// <param name="DecidedBy">Who approved, rejected, cancelled or revoked it; for staff alone.</param>
/// <param name="DecidedAt">When that was.</param>
/// <param name="Reason">Why.</param>
/// <param name="DecideBy">When it is decided, if nobody has by then.</param>
/// <param name="OnDeadline">How it is decided then; for staff alone.</param>
/// <param name="GrantedBy">Who granted it by hand; for staff alone.</param>
/// <param name="GrantReason">Why it was granted by hand.</param>
public sealed record ClaimView(
    ClaimId Id,
    string? UserId,
    EventId? EventId,
    OfferId? OfferId,
    RewardId RewardId,
    string RewardName,
    DateOnly? Window,
    ClaimStatus Status,
    ClaimOrigin Origin,
    IReadOnlyList<Content> Contents,
    DateTimeOffset CreatedAt,
    DateTimeOffset? CompletedAt,
    string? DecidedBy,
    DateTimeOffset? DecidedAt,
    string? Reason,
    DateTimeOffset? DecideBy,
    DeadlineOutcome? OnDeadline,
    string? GrantedBy,
    string? GrantReason)
{
    internal static ClaimView Of(Claim claim, bool forStaff) => new(
        claim.Id,
        forStaff ? claim.Key.UserId : null,
        claim.Key.OfEvent,
        claim.Key.OfOffer,
        claim.RewardId,
        claim.RewardName,
        claim.Key.Window == Rules.Calendar.OnceKey ? null : claim.Key.Window,
        claim.Status,
        claim.Origin,
        forStaff ? Masking.Of(claim.Contents) : claim.Contents,
        claim.CreatedAt,
        claim.CompletedAt,
        forStaff ? claim.Decision?.By : null,
        claim.Decision?.At,
        claim.Decision?.Reason,
        claim.Status == ClaimStatus.Pending ? claim.Deadline?.At : null,
        forStaff && claim.Status == ClaimStatus.Pending ? claim.Deadline?.Outcome : null,
        forStaff ? claim.ByHand?.By : null,
        claim.ByHand?.Reason);
}

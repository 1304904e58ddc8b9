using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Catalog;

/// <summary>What an operator says of an event.</summary>
public record EventRequest
{
    public const long DefaultClaimWithinSeconds = 7 * 24 * 3600;

    public required string Title { get; init; }

    public required string Description { get; init; }

    /// <summary>May lie in the past: what users did since then counts. Anything finer than milliseconds is cut off.</summary>
    public required DateTimeOffset StartsAt { get; init => field = Time.ToMilliseconds(value); }

    public required DateTimeOffset EndsAt { get; init => field = Time.ToMilliseconds(value); }

    /// <summary>An IANA zone, such as Asia/Seoul.</summary>
    public required string TimeZone { get; init; }

    /// <summary>When a day begins there: HH:mm, a quarter hour.</summary>
    public TimeOnly DayStartsAt { get; init; }

    public Repeats Repeats { get; init; }

    /// <summary>How long rewards can be claimed after the end of each window.</summary>
    public long ClaimWithinSeconds { get; init; } = DefaultClaimWithinSeconds;

    public required Condition Condition { get; init; }
}

/// <summary>A new event, with its offers.</summary>
public sealed record NewEventRequest : EventRequest
{
    public IReadOnlyList<OfferRequest> Offers { get; init; } = [];
}

/// <summary>
/// What an operator says of an offer. A condition of its own stands in place of the event's; without `stock` the reward's own is all
/// there is to it; a closed one can no longer be claimed. A claim that nobody has approved or rejected in so many seconds is decided as the
/// offer said when it was made.
/// </summary>
public sealed record OfferRequest(
    RewardId RewardId,
    Condition? Condition = null,
    bool RequiresApproval = false,
    bool AutoClaim = false,
    long? Stock = null,
    bool Closed = false,
    long? ApprovalDeadlineSeconds = null,
    DeadlineOutcome? OnDeadline = null);

/// <summary>What becomes of a claim that nobody has decided about in time.</summary>
public enum DeadlineOutcome
{
    Approve,
    Reject,
}

public sealed record StatusRequest(EventSwitch Status);

public enum EventSwitch
{
    Active,
    Inactive,
}

using System.Text.Json.Serialization;
using Laurel.Events.Claims;

namespace Laurel.Events.Deliveries;

/// <summary>What the game is told.</summary>
public enum DeliveryKind
{
    /// <summary>Hand over what was claimed.</summary>
    [JsonStringEnumMemberName("granted")] Granted,

    /// <summary>What may have been handed over is taken back.</summary>
    [JsonStringEnumMemberName("revoked")] Revoked,
}

public enum DeliveryStatus
{
    /// <summary>It waits for its next attempt, or one is under way.</summary>
    Pending,

    /// <summary>The game has it, and will call back. When it does not, it is told again.</summary>
    Accepted,

    /// <summary>All attempts have failed. Nothing is known of what the game did, so its claim stays as it is; an operator decides.</summary>
    Dead,

    /// <summary>The game has handed it over.</summary>
    Delivered,

    /// <summary>The game has said that it never will.</summary>
    Failed,

    /// <summary>It is not wanted any more: its claim was cancelled, or its endpoint is gone.</summary>
    Cancelled,
}

/// <summary>Where a delivery waits: with whoever fulfils, or with an endpoint that is only told.</summary>
internal readonly record struct DeliveryQueue(Guid Value)
{
    /// <summary>
    /// Of the endpoint that fulfils, and where there is none, of those who pull. Which of them it is may change, and all that waits
    /// changes with it: a claim never has two.
    /// </summary>
    public static readonly DeliveryQueue Fulfilment = new(Guid.Empty);

    public static DeliveryQueue Telling(WebhookId webhook) => new(webhook.Value);

    public bool IsFulfilment => Value == Guid.Empty;
}

/// <summary>A delivery that is handed out to be attempted.</summary>
/// <param name="Id">What the game knows it by.</param>
/// <param name="Queue">Where it waited.</param>
/// <param name="Kind">What the game is told.</param>
/// <param name="Claim">About which claim.</param>
/// <param name="Lease">The fence: an attempt ends under its own lease, or not at all.</param>
/// <param name="LeasedUntil">By the database's clock.</param>
/// <param name="Failures">How often it has failed.</param>
/// <param name="CreatedAt">Since when it waits.</param>
/// <param name="DueAt">Since when it could have been attempted.</param>
internal sealed record LeasedDelivery(
    DeliveryId Id,
    DeliveryQueue Queue,
    DeliveryKind Kind,
    Claim Claim,
    Guid Lease,
    DateTimeOffset LeasedUntil,
    int Failures,
    DateTimeOffset CreatedAt,
    DateTimeOffset DueAt);

/// <summary>How one attempt ended, as it is kept with its delivery.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Status">What the endpoint answered, where it answered.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="By">Who ended it, where that was no answer of an endpoint's.</param>
public sealed record DeliveryAttempt(
    DateTimeOffset At, AttemptOutcome Outcome, int? Status = null, string? Error = null, int? Milliseconds = null, string? By = null);

/// <summary>What an attempt came to.</summary>
public enum AttemptOutcome
{
    /// <summary>The game has it.</summary>
    Delivered,

    /// <summary>The game will call back.</summary>
    Accepted,

    /// <summary>It is tried again.</summary>
    Failed,

    /// <summary>The game has said that it never will be handed over.</summary>
    Refused,
}

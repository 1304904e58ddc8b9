using Laurel.Platform.Audit;

namespace Laurel.Events.Deliveries;

/// <summary>How an attempt ended, to be made true if it is still that attempt's to say.</summary>
/// <param name="UserId">Whose delivery it is.</param>
/// <param name="Id">The delivery.</param>
/// <param name="Claim">Its claim.</param>
/// <param name="Lease">The attempt's; null: of no attempt in particular, and true whichever it was.</param>
/// <param name="To">What becomes of the delivery.</param>
/// <param name="Attempt">What is kept of the attempt.</param>
internal sealed record AttemptEnd(string UserId, DeliveryId Id, ClaimId Claim, Guid? Lease, DeliveryStatus To, DeliveryAttempt Attempt)
{
    public static readonly Comparer<AttemptEnd> Order = Comparer<AttemptEnd>.Create(static (left, right) =>
    {
        var order = string.CompareOrdinal(left.UserId, right.UserId);
        if (order == 0)
            order = left.Claim.Value.CompareTo(right.Claim.Value);
        return order == 0 ? left.Id.Value.CompareTo(right.Id.Value) : order;
    });

    /// <summary>Whether the claim is completed by it.</summary>
    public bool Completes { get; init; }

    /// <summary>When it is tried again.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Whether it counts as one of those failures after which a delivery is dead.</summary>
    public bool IsFailure { get; init; }

    /// <summary>How many failures whoever speaks for no attempt in particular has seen: said twice at once, it counts once.</summary>
    public int? Seen { get; init; }

    /// <summary>After how many failures the attempt was begun. What is said for no attempt in particular has <see cref="Seen"/> instead.</summary>
    public int? BegunAfter { get; init; }

    /// <summary>What is noted with it.</summary>
    public AuditEntry? Audit { get; init; }

    /// <summary>Whether the attempt that is under way is not waited for any more.</summary>
    public bool EndsLease { get; init; }

    /// <summary>What an endpoint's answer means.</summary>
    /// <param name="delivery">What it was told.</param>
    /// <param name="reply">What it answered.</param>
    /// <param name="now">When.</param>
    /// <param name="dice">From 0 to 1, for the pause after a failure.</param>
    public static AttemptEnd Of(LeasedDelivery delivery, WebhookReply reply, DateTimeOffset now, double dice)
    {
        var outcome = reply.IsDone ? AttemptOutcome.Delivered : reply.Status == 202 ? AttemptOutcome.Accepted : AttemptOutcome.Failed;
        var attempt = new DeliveryAttempt(now, outcome, reply.Status, reply.Error, (int)reply.Took.TotalMilliseconds);
        return outcome switch
        {
            AttemptOutcome.Delivered => Delivered(delivery, attempt),
            AttemptOutcome.Accepted => Accepted(delivery, attempt, dice),
            _ => Failed(delivery, attempt, reply.RetryAfter, dice),
        };
    }

    public static AttemptEnd Delivered(LeasedDelivery delivery, DeliveryAttempt attempt) => Of(delivery, DeliveryStatus.Delivered, attempt) with
    {
        Completes = delivery is { Kind: DeliveryKind.Granted, Queue.IsFulfilment: true },
    };

    /// <summary>It is tried again when it is time, or is dead.</summary>
    public static AttemptEnd Failed(LeasedDelivery delivery, DeliveryAttempt attempt, TimeSpan? retryAfter, double dice) =>
        RetrySchedule.After(delivery.Failures + 1, dice, retryAfter) is { } pause
            ? Of(delivery, DeliveryStatus.Pending, attempt) with { IsFailure = true, DueAt = attempt.At + pause }
            : Of(delivery, DeliveryStatus.Dead, attempt) with { IsFailure = true };

    /// <summary>The game will call back. When it does not, that is a failure; so this counts as one until it has.</summary>
    public static AttemptEnd Accepted(LeasedDelivery delivery, DeliveryAttempt attempt, double dice) =>
        RetrySchedule.After(delivery.Failures + 1, dice, RetrySchedule.CallBackWithin) is { } pause
            ? Of(delivery, DeliveryStatus.Accepted, attempt) with { IsFailure = true, DueAt = attempt.At + pause }
            : Of(delivery, DeliveryStatus.Dead, attempt) with { IsFailure = true };

    private static AttemptEnd Of(LeasedDelivery delivery, DeliveryStatus to, DeliveryAttempt attempt) =>
        new(delivery.Claim.Key.UserId, delivery.Id, delivery.Claim.Id, delivery.Lease, to, attempt) { BegunAfter = delivery.Failures };
}

using Laurel.Platform.Audit;

namespace Laurel.Events.Deliveries;

internal enum WordKind
{
    /// <summary>It is handed over.</summary>
    Ack,

    /// <summary>Not now.</summary>
    Fail,

    /// <summary>Never.</summary>
    Refuse,

    /// <summary>It is handed over, as an operator says.</summary>
    Complete,
}

/// <summary>What the game says of a delivery, or an operator in its place.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Lease">The attempt that it speaks for; null: of whoever needs none, having signed it or being an operator.</param>
/// <param name="By">Who says so.</param>
/// <param name="Reason">Why.</param>
internal sealed record GameWord(WordKind Kind, Guid? Lease, string By, string? Reason = null)
{
    /// <summary>Where the endpoint's deliveries wait that has signed it: it has no say in others.</summary>
    public DeliveryQueue? Signer { get; init; }

    /// <summary>Who says so, as it is audited; null: an endpoint, by its signature.</summary>
    public Actor? Actor { get; init; }
}

/// <summary>What is to be done about a word.</summary>
/// <param name="Refused">Why nothing.</param>
/// <param name="IsKnown">It has been said before.</param>
/// <param name="Lease">Under which lease it becomes true; null: under any.</param>
/// <param name="RefusesClaim">The claim comes to nothing by it.</param>
internal sealed record WordVerdict(WordOutcome? Refused, bool IsKnown = false, Guid? Lease = null, bool RefusesClaim = false);

/// <summary>
/// Whose word counts. That a reward was handed over is true whichever attempt it was, so a game that calls back needs no more than the
/// delivery's own lease, which never changes; who pulls shows the lease under which it was given to them. Pure.
/// </summary>
internal static class WordRules
{
    public static WordVerdict Judge(StoredDelivery delivery, GameWord word, Guid callbackLease)
    {
        if (word.Actor is { Kind: ActorKind.Person } person && delivery.UserId == person.Id)
            return new WordVerdict(WordOutcome.OwnClaim);
        if (word.Signer is { } signer && signer != delivery.Queue)
            return new WordVerdict(WordOutcome.SignedByOther);
        var forAnyAttempt = word.Lease is null || word.Lease == callbackLease;
        var holdsIt = forAnyAttempt || word.Lease == delivery.Lease;
        switch (delivery.Status)
        {
            case DeliveryStatus.Delivered when word.Kind == WordKind.Ack && holdsIt:
            case DeliveryStatus.Failed when word.Kind == WordKind.Refuse && holdsIt:
                return new WordVerdict(null, IsKnown: true);
            case DeliveryStatus.Delivered or DeliveryStatus.Failed or DeliveryStatus.Cancelled:
                return new WordVerdict(WordOutcome.Decided);
        }

        if (!holdsIt)
            return new WordVerdict(WordOutcome.LeasedByOther);
        // Nothing is under way that could fail: it has been said, or found out, before.
        if (word.Kind == WordKind.Fail && delivery.LeasedUntil is null && delivery.Status != DeliveryStatus.Accepted)
            return new WordVerdict(null, IsKnown: true);
        return new WordVerdict(null, Lease: forAnyAttempt ? null : word.Lease, RefusesClaim: word.Kind == WordKind.Refuse && IsThePayment(delivery));
    }

    public static AttemptEnd End(StoredDelivery delivery, GameWord word, WordVerdict verdict, DateTimeOffset now, double dice)
    {
        var end = new AttemptEnd(delivery.UserId, delivery.Id, delivery.Claim, verdict.Lease, DeliveryStatus.Pending, Attempt(word, now))
        {
            // What a game says is its work, and is kept with the delivery; what a person says in its place is a change that is audited.
            Audit = word.Kind == WordKind.Complete ? Audited(delivery, word, "delivery.completed") : null,
        };
        return word.Kind switch
        {
            WordKind.Ack or WordKind.Complete => end with { To = DeliveryStatus.Delivered, Completes = IsThePayment(delivery) },
            WordKind.Refuse => end with { To = DeliveryStatus.Failed },
            WordKind.Fail => Later(delivery, end, dice),
        };
    }

    public static AuditEntry? Audited(StoredDelivery delivery, GameWord word, string action) => word.Actor is { } actor
        ? new AuditEntry(actor, action, "delivery", delivery.Id.ToString(), new { delivery.Status }, new { delivery.Claim, word.Reason }) { Person = delivery.UserId }
        : null;

    /// <summary>A promise to call back has been counted as a failure already.</summary>
    private static AttemptEnd Later(StoredDelivery delivery, AttemptEnd end, double dice)
    {
        var isCounted = delivery.Status == DeliveryStatus.Accepted;
        var pause = RetrySchedule.After(Math.Max(1, isCounted ? delivery.Failures : delivery.Failures + 1), dice);
        return end with
        {
            To = pause is null ? DeliveryStatus.Dead : DeliveryStatus.Pending,
            DueAt = end.Attempt.At + pause,
            IsFailure = !isCounted,
            Seen = delivery.Failures,
            // What an endpoint may yet answer in the attempt that is under way is older than this.
            EndsLease = end.Lease is null,
        };
    }

    private static bool IsThePayment(StoredDelivery delivery) => delivery is { Kind: DeliveryKind.Granted, Queue.IsFulfilment: true };

    private static DeliveryAttempt Attempt(GameWord word, DateTimeOffset now) => new(
        now,
        word.Kind switch
        {
            WordKind.Ack or WordKind.Complete => AttemptOutcome.Delivered,
            WordKind.Fail => AttemptOutcome.Failed,
            WordKind.Refuse => AttemptOutcome.Refused,
        },
        Error: word.Reason,
        By: word.By);
}

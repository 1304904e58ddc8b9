using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Catalog;

/// <summary>What an event and its offers may be made of. Pure: event in, broken rules out.</summary>
internal static class EventRules
{
    public const int MaxTitle = 200;
    public const int MaxDescription = 4000;
    public const int MaxOffers = 50;
    public const long MaxClaimWithinSeconds = 366L * 24 * 3600;

    /// <summary>Nobody approves anything in less.</summary>
    private const long MinDeadlineSeconds = 60;

    /// <summary>Progress remembers who has met which offer in the bits of one number.</summary>
    public const int MaxOrdinal = 62;

    public static List<FieldError> Check(Event wanted)
    {
        var request = wanted.Request;
        List<FieldError?> found =
        [
            TextRules.Name("title", request.Title, MaxTitle),
            TextRules.Prose("description", request.Description, MaxDescription),
            RewardRules.InRange("claimWithinSeconds", request.ClaimWithinSeconds, 0, MaxClaimWithinSeconds),
            Count(wanted.Offers),
            .. wanted.Offers.Select((offer, at) => offer.Stock is { } stock ? RewardRules.InRange($"offers[{at}].stock", stock, 1) : null),
            .. wanted.Offers.SelectMany((offer, at) => Deadline($"offers[{at}]", offer)),
        ];
        // What is already known to be too much is not looked into.
        if (found.TrueForAll(flaw => flaw?.Path != "offers"))
            found.AddRange(EventDefinition.Check(wanted.Draft).Select(flaw => new FieldError(flaw.Path, flaw.Code, flaw.Message)));
        return [.. found.OfType<FieldError>()];
    }

    /// <summary>What keeps an event from being active.</summary>
    public static List<FieldError> CheckActive(Event wanted, DateTimeOffset now)
    {
        List<FieldError?> found =
        [
            wanted.Offers.Count == 0 ? new FieldError("offers", "no_offers", "An active event offers at least one reward.") : null,
            wanted.PhaseAt(now) == Phase.Over ? new FieldError("endsAt", "over", "The event and the time to claim its rewards are over.") : null,
        ];
        return [.. found.OfType<FieldError>()];
    }

    /// <summary>Stored days and windows were cut by these, so they stay once users may have progress.</summary>
    public static List<FieldError> CheckFrozen(EventRequest before, EventRequest after)
    {
        List<FieldError?> found =
        [
            before.TimeZone == after.TimeZone ? null : Frozen("timeZone"),
            before.DayStartsAt == after.DayStartsAt ? null : Frozen("dayStartsAt"),
            before.Repeats == after.Repeats ? null : Frozen("repeats"),
        ];
        return [.. found.OfType<FieldError>()];

        static FieldError Frozen(string path) => new FieldError(path, "frozen", "This stays as it was when the event was first activated.");
    }

    private static IEnumerable<FieldError?> Deadline(string path, Offer offer)
    {
        if (offer.ApprovalDeadlineSeconds is { } seconds)
            yield return RewardRules.InRange($"{path}.approvalDeadlineSeconds", seconds, MinDeadlineSeconds, MaxClaimWithinSeconds);
        if (offer.OnDeadline is null != offer.ApprovalDeadlineSeconds is null)
            yield return new FieldError($"{path}.onDeadline", "together", "Both `approvalDeadlineSeconds` and `onDeadline` are given, or neither.");
        else if (offer is { OnDeadline: not null, RequiresApproval: false })
            yield return new FieldError($"{path}.onDeadline", "needs_approval", "Only an offer that requires approval has a deadline for it.");
    }

    private static FieldError? Count(IReadOnlyList<Offer> offers) => offers.Count > MaxOffers || offers.Any(offer => offer.Ordinal > MaxOrdinal)
        ? new FieldError("offers", "too_many", $"An event has up to {MaxOffers} offers, and over the time since its first activation up to {MaxOrdinal}.")
        : null;
}

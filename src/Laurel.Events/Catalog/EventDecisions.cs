using Laurel.Platform.Http;

namespace Laurel.Events.Catalog;

/// <summary>Why a change of an event is refused, in order of precedence; or that it is made.</summary>
internal enum EventOutcome
{
    NotFound,
    VersionMismatch,
    IfMatchRequired,
    NotADraft,
    StillADraft,
    NotRunning,
    CalendarFrozen,
    OfferHasClaims,
    RewardAlreadyOffered,
    RuleBroken,
    BeyondHorizon,
    Unchanged,
    Changed,
}

/// <summary>What happened to an event, as its history tells it.</summary>
public enum EventChange
{
    Created,
    Edited,
    Activated,
    Deactivated,
    Replayed,
    OfferAdded,
    OfferChanged,
    OfferRemoved,
}

/// <summary>What becomes of an event: refused for a reason, or changed to another.</summary>
internal sealed record EventDecision(EventOutcome Outcome, Event? Event = null, EventChange Change = default, IReadOnlyList<FieldError>? Broken = null)
{
    public static implicit operator EventDecision(EventOutcome refused) => new(refused);

    public static EventDecision To(EventChange change, Event after, DateTimeOffset now, Func<FieldError, FieldError>? shown = null)
    {
        var broken = EventRules.Check(after);
        if (change is EventChange.Activated or EventChange.OfferRemoved && after.Status == EventStatus.Active)
            broken.AddRange(EventRules.CheckActive(after, now));
        return broken.Count == 0
            ? new EventDecision(EventOutcome.Changed, after, change)
            : new EventDecision(EventOutcome.RuleBroken, Broken: shown is null ? broken : broken.ConvertAll(shown.Invoke));
    }
}

/// <summary>What an operator's wish makes of an event. Pure.</summary>
internal static class EventDecisions
{
    private const int MaxNamed = 20;

    public static EventDecision Create(NewEventRequest request, IReadOnlyList<Reward> rewards, string by, DateTimeOffset now)
    {
        var known = rewards.ToDictionary(reward => reward.Id);
        var unknown = request.Offers.Index().Where(pair => !known.ContainsKey(pair.Item.RewardId)).Select(pair => UnknownReward($"offers[{pair.Index}].rewardId"));
        if (unknown.Take(MaxNamed).ToList() is { Count: > 0 } broken)
            return new EventDecision(EventOutcome.RuleBroken, Broken: broken);

        var offers = request.Offers.Index()
            .Select(pair => Offer(new OfferId(Guid.CreateVersion7(now)), pair.Item, known[pair.Item.RewardId], ordinal: pair.Index + 1))
            .ToList();
        var made = new Event(
            new EventId(Guid.CreateVersion7(now)),
            EventStatus.Draft,
            request,
            offers,
            Version: 1,
            Epoch: 0,
            SettledEpoch: 0,
            NextOrdinal: offers.Count + 1,
            FirstActivatedAt: null,
            CreatedAt: now,
            CreatedBy: by,
            UpdatedAt: now,
            UpdatedBy: by,
            Quarantine: null);
        return EventDecision.To(EventChange.Created, made, now);
    }

    public static EventDecision Edit(Event before, Patch<EventRequest> patch, DateTimeOffset now)
    {
        var wanted = patch.ApplyTo(before.Request);
        if (ReferenceEquals(wanted, before.Request))
            return new EventDecision(EventOutcome.Unchanged, before);
        if (before.FirstActivatedAt is not null && EventRules.CheckFrozen(before.Request, wanted) is { Count: > 0 } frozen)
            return new EventDecision(EventOutcome.CalendarFrozen, Broken: frozen);
        return EventDecision.To(EventChange.Edited, before with { Request = wanted }, now);
    }

    public static EventDecision Switch(Event before, EventSwitch to, DateTimeOffset now) => (before.Status, to) switch
    {
        (EventStatus.Draft, EventSwitch.Inactive) => EventOutcome.StillADraft,
        (EventStatus.Inactive, EventSwitch.Inactive) => new EventDecision(EventOutcome.Unchanged, before),
        (EventStatus.Active, EventSwitch.Active) when before.Quarantine is null => new EventDecision(EventOutcome.Unchanged, before),
        (_, EventSwitch.Inactive) => new EventDecision(EventOutcome.Changed, before with { Status = EventStatus.Inactive }, EventChange.Deactivated),
        (_, EventSwitch.Active) => EventDecision.To(
            EventChange.Activated, before with { Status = EventStatus.Active, FirstActivatedAt = before.FirstActivatedAt ?? now }, now),
    };

    /// <summary>What is switched off is counted anew when it is switched on.</summary>
    public static EventDecision Replay(Event before, DateTimeOffset now) => before.Status switch
    {
        EventStatus.Draft => EventOutcome.StillADraft,
        EventStatus.Inactive => EventOutcome.NotRunning,
        EventStatus.Active => EventDecision.To(EventChange.Replayed, before, now),
    };

    /// <summary>What the event would be, if it were changed like this and counted anew.</summary>
    public static EventDecision Preview(Event before, Patch<EventRequest>? patch, DateTimeOffset now) =>
        before.Status == EventStatus.Draft
            ? EventOutcome.StillADraft
            : patch is null ? EventDecision.To(EventChange.Replayed, before, now) : Edit(before, patch, now);

    public static EventDecision AddOffer(Event before, OfferId id, OfferRequest wanted, Reward? reward, DateTimeOffset now)
    {
        if (reward is null)
            return new EventDecision(EventOutcome.RuleBroken, Broken: [UnknownReward("rewardId")]);

        var ordinal = NextOrdinal(before);
        var after = before with
        {
            Offers = [.. before.Offers, Offer(id, wanted, reward, ordinal)],
            NextOrdinal = Math.Max(before.NextOrdinal, ordinal + 1),
        };
        return EventDecision.To(EventChange.OfferAdded, after, now, shown: InOffer(before.Offers.Count));
    }

    public static EventDecision ChangeOffer(Event before, Offer offer, OfferRequest wanted, Reward? reward, DateTimeOffset now)
    {
        if (wanted == offer.Request)
            return new EventDecision(EventOutcome.Unchanged, before);
        if (reward is null)
            return new EventDecision(EventOutcome.RuleBroken, Broken: [UnknownReward("rewardId")]);

        Offer[] offers = [.. before.Offers];
        var at = Array.IndexOf(offers, offer);
        offers[at] = Offer(offer.Id, wanted, reward, offer.Ordinal);
        return EventDecision.To(EventChange.OfferChanged, before with { Offers = offers }, now, shown: InOffer(at));
    }

    public static EventDecision RemoveOffer(Event before, OfferId id, DateTimeOffset now) =>
        before.Offers.Any(offer => offer.Id == id)
            ? EventDecision.To(EventChange.OfferRemoved, before with { Offers = [.. before.Offers.Where(offer => offer.Id != id)] }, now)
            : EventOutcome.NotFound;

    public static Offer Offer(OfferId id, OfferRequest request, Reward reward, int ordinal) => new(
        id, request.RewardId, reward.Name, reward.Contents, request.Condition, request.RequiresApproval, request.AutoClaim, request.Stock, request.Closed, ordinal,
        reward.Stock, request.ApprovalDeadlineSeconds, request.OnDeadline);

    public static FieldError UnknownReward(string path) => new FieldError(path, "unknown_reward", "There is no such reward.");

    /// <summary>A number that was given once the event was active is never given again; before that, nobody remembers it.</summary>
    private static int NextOrdinal(Event before) => before.FirstActivatedAt is not null
        ? before.NextOrdinal
        : Enumerable.Range(1, before.Offers.Count + 1).First(number => before.Offers.All(offer => offer.Ordinal != number));

    /// <summary>An offer that is sent alone has its fields at the root of what was sent.</summary>
    private static Func<FieldError, FieldError> InOffer(int at)
    {
        var prefix = $"offers[{at}].";
        return error => error.Path.StartsWith(prefix, StringComparison.Ordinal) ? error with { Path = error.Path[prefix.Length..] } : error;
    }
}

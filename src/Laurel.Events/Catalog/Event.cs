using Laurel.Rules;

namespace Laurel.Events.Catalog;

public enum EventStatus
{
    Draft,
    Active,
    Inactive,
}

/// <summary>
/// Where the clock stands: before the event's start, in its period, after it while the last window's rewards can be claimed, past
/// that. Of an event that repeats it is the whole period that counts: between two windows there is no gap to stand in.
/// </summary>
public enum Phase
{
    Upcoming,
    Running,
    Claimable,
    Over,
}

/// <summary>Folding it failed at this time, so it stands still until an operator activates or changes it.</summary>
public sealed record Quarantine(DateTimeOffset Since, string Reason);

/// <summary>An event and all of its offers, as stored.</summary>
internal sealed record Event(
    EventId Id,
    EventStatus Status,
    EventRequest Request,
    IReadOnlyList<Offer> Offers,
    int Version,
    int Epoch,
    int SettledEpoch,
    int NextOrdinal,
    DateTimeOffset? FirstActivatedAt,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset UpdatedAt,
    string UpdatedBy,
    Quarantine? Quarantine)
{
    public EventDraft Draft => DraftOf(Request, Offers);

    public static EventDraft DraftOf(EventRequest request, IReadOnlyList<Offer> offers) => new(
        request.StartsAt,
        request.EndsAt,
        request.TimeZone,
        request.DayStartsAt,
        request.Repeats,
        request.Condition,
        [.. offers.Select(offer => new OfferRule(offer.Ordinal, offer.Condition))]);

    public Phase PhaseAt(DateTimeOffset now) =>
        Phases.At(now, Request.StartsAt, Request.EndsAt, TimeSpan.FromSeconds(Request.ClaimWithinSeconds));
}

internal static class Phases
{
    public static Phase At(DateTimeOffset now, DateTimeOffset startsAt, DateTimeOffset endsAt, TimeSpan claimWithin) =>
        now < startsAt ? Phase.Upcoming
        : now < endsAt ? Phase.Running
        : now - endsAt < claimWithin ? Phase.Claimable
        : Phase.Over;
}

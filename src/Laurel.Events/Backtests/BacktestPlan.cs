using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Backtests;

/// <summary>What is tried out: an event as it would have been, in a period of the past. A job keeps it as JSON.</summary>
internal sealed record BacktestPlan(
    DateTimeOffset From,
    DateTimeOffset To,
    string TimeZone,
    TimeOnly DayStartsAt,
    Repeats Repeats,
    Condition Condition,
    IReadOnlyList<PlannedOffer> Offers)
{
    public static BacktestPlan Of(Event on, DateTimeOffset from, DateTimeOffset to, bool isStored, IReadOnlyDictionary<RewardId, Reward> rewards) => new(
        from.ToUniversalTime(),
        to.ToUniversalTime(),
        on.Request.TimeZone,
        on.Request.DayStartsAt,
        on.Request.Repeats,
        on.Request.Condition,
        [
            .. on.Offers.Select(offer => new PlannedOffer(
                offer.RewardId, offer.Contents, offer.Closed, isStored ? offer.Id : null, offer.Condition, offer.Stock, rewards[offer.RewardId].Stock)),
        ]);

    /// <summary>The event with this period for its own. Offers are numbered from 1 as they stand.</summary>
    public EventDefinition Define() => EventDefinition.Create(new EventDraft(
        From, To, TimeZone, DayStartsAt, Repeats, Condition, [.. Offers.Select((offer, at) => new OfferRule(at + 1, offer.Condition))]));
}

/// <summary>One offer of it. One that is not stored has no id.</summary>
internal sealed record PlannedOffer(
    RewardId RewardId,
    IReadOnlyList<Content> Contents,
    bool Closed,
    OfferId? OfferId = null,
    Condition? Condition = null,
    long? Stock = null,
    long? RewardStock = null)
{
    /// <summary>How many can be given: the smaller stock goes first. Null: no end of them.</summary>
    public long? Limit => Closed ? 0 : (Stock, RewardStock) switch
    {
        ({ } own, { } shared) => Math.Min(own, shared),
        var (own, shared) => own ?? shared,
    };
}

using Laurel.Events.Catalog;
using Laurel.Platform.Http;

namespace Laurel.Events.Backtests;

/// <summary>What the event would have come to.</summary>
/// <param name="From">The beginning of the period that was looked at.</param>
/// <param name="To">Its end.</param>
/// <param name="Participants">How many users have done something that counts.</param>
/// <param name="Completions">How often each offer's condition was met, once a user and window at most.</param>
/// <param name="Payout">What would have been given, had everybody claimed at once, as far as stocks reach.</param>
/// <param name="StockOut">Which stocks would have run out, and when.</param>
public sealed record BacktestResult(
    DateTimeOffset From,
    DateTimeOffset To,
    long Participants,
    IReadOnlyList<Completions> Completions,
    IReadOnlyList<Payout> Payout,
    IReadOnlyList<StockOut> StockOut)
{
    internal static BacktestResult Of(BacktestPlan plan, BacktestTally tally)
    {
        var completions = plan.Offers.Select((offer, at) => Backtests.Completions.Of(offer, at, tally.Offers.ElementAtOrDefault(at))).ToList();
        return new BacktestResult(
            plan.From,
            plan.To,
            tally.Participants,
            completions,
            Backtests.Payout.Of(plan.Offers.Zip(completions, (offer, completed) => (offer, completed.Granted))),
            [.. plan.Offers.SelectMany((offer, at) => Backtests.StockOut.Of(offer, at, tally.Offers.ElementAtOrDefault(at)))]);
    }
}

/// <summary>How often one offer's condition was met.</summary>
/// <param name="Index">Its place among the event's offers, from 0.</param>
/// <param name="OfferId">The offer, where it is stored.</param>
/// <param name="RewardId">Its reward.</param>
/// <param name="Count">How often.</param>
/// <param name="Granted">How often before the stock ran out.</param>
/// <param name="ByDay">On which local days.</param>
public sealed record Completions(int Index, OfferId? OfferId, RewardId RewardId, long Count, long Granted, IReadOnlyList<DayCount> ByDay)
{
    internal static Completions Of(PlannedOffer offer, int index, OfferTally? tally)
    {
        var days = tally?.ByDay.OrderBy(day => day.Key).Select(day => new DayCount(DateOnly.FromDayNumber(day.Key), day.Value)).ToList() ?? [];
        var count = days.Sum(day => day.Count);
        return new Completions(index, offer.OfferId, offer.RewardId, count, Math.Min(count, offer.Limit ?? count), days);
    }
}

public sealed record DayCount(DateOnly Day, long Count);

/// <summary>How much of one kind of content would have been given.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Total">Points, items, codes, badges, or pieces of custom data; 2^53-1 also stands for more.</param>
/// <param name="ItemId">Which item.</param>
/// <param name="Name">Its name.</param>
/// <param name="Pool">Out of which pool of codes.</param>
/// <param name="BadgeId">Which badge.</param>
/// <param name="Data">Which custom data.</param>
public sealed record Payout(
    ContentKind Type, long Total, string? ItemId = null, string? Name = null, string? Pool = null, string? BadgeId = null, FreeForm? Data = null)
{
    internal static IReadOnlyList<Payout> Of(IEnumerable<(PlannedOffer Offer, long Granted)> grants) =>
    [
        .. grants.Where(grant => grant.Granted > 0)
            .SelectMany(grant => grant.Offer.Contents.Select(content => (Line: Of(content), grant.Granted)))
            // An item is told by its id: of two names for it the first is shown.
            .GroupBy(one => one.Line with { Total = 0, Name = null })
            .Select(same => same.First().Line with { Total = Capped(same.Aggregate(Int128.Zero, (sum, one) => sum + ((Int128)one.Line.Total * one.Granted))) })
            .OrderBy(line => line.Type).ThenBy(line => line.ItemId ?? line.Pool ?? line.BadgeId ?? line.Data?.Json, StringComparer.Ordinal),
    ];

    private static Payout Of(Content content) => content switch
    {
        Points points => new Payout(ContentKind.Points, points.Amount),
        Item item => new Payout(ContentKind.Item, item.Quantity, ItemId: item.ItemId, Name: item.Name),
        Coupon coupon => new Payout(ContentKind.Coupon, 1, Pool: coupon.Pool),
        Badge badge => new Payout(ContentKind.Badge, 1, BadgeId: badge.BadgeId),
        Custom custom => new Payout(ContentKind.Custom, 1, Data: custom.Data),
        _ => throw new InvalidOperationException($"{content.GetType()} needs its line here."),
    };

    private static long Capped(Int128 total) => total > RewardRules.MaxNumber ? RewardRules.MaxNumber : (long)total;
}

/// <summary>A stock that would have run out: an offer's own, or its reward's.</summary>
/// <param name="Index">The place of the offer among the event's, from 0.</param>
/// <param name="OfferId">The offer, where it is stored and the stock is its own.</param>
/// <param name="RewardId">The reward, where the stock is the reward's.</param>
/// <param name="At">When the last one would have gone: to the minute where the stock is above 10,000.</param>
public sealed record StockOut(int Index, OfferId? OfferId, RewardId? RewardId, DateTimeOffset At)
{
    /// <summary>The smaller stock goes first, and keeps the larger one from ever being used up.</summary>
    internal static IEnumerable<StockOut> Of(PlannedOffer offer, int index, OfferTally? tally)
    {
        if (offer.Limit is not { } limit || StockGauge.Load(limit, tally?.Stock ?? []).RunsOutAt is not { } at)
            yield break;
        if (offer.Stock == limit)
            yield return new StockOut(index, offer.OfferId, null, at);
        if (offer.RewardStock == limit)
            yield return new StockOut(index, null, offer.RewardId, at);
    }
}

using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>When the window began and when it ends; the end is not part of it.</summary>
public sealed record WindowView(DateTimeOffset Start, DateTimeOffset End);

/// <summary>How far a player is in an event, in one of its windows.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Title">Its title.</param>
/// <param name="Phase">Where the clock stands.</param>
/// <param name="Window">The repetition that this is about.</param>
/// <param name="NextResetAt">When the next repetition begins, from nothing; absent where none follows.</param>
/// <param name="Met">Whether the event's condition is met.</param>
/// <param name="Leaves">How far each leaf of it is.</param>
/// <param name="Offers">What can be earned, and how far it is.</param>
public sealed record ProgressView(
    EventId EventId,
    string Title,
    Phase Phase,
    WindowView Window,
    DateTimeOffset? NextResetAt,
    bool Met,
    IReadOnlyList<LeafVerdict> Leaves,
    IReadOnlyList<OfferProgress> Offers)
{
    internal static ProgressView Of(
        RunningEvent on, Window window, Rules.Progress progress, Func<OfferId, Claim?> claimOf, Supplies supplies, DateTimeOffset now)
    {
        var verdict = Engine.Judge(on.Definition, progress);
        var offers = verdict.Offers.ToDictionary(offer => offer.Ordinal);
        // Its claims close some time after the window does.
        var isOpen = now < window.End + on.ClaimWithin;
        return new ProgressView(
            on.Id,
            on.Title,
            on.PhaseAt(now),
            new WindowView(window.Start, window.End),
            window.End < on.Definition.Draft.EndsAt ? window.End : null,
            verdict.Met,
            verdict.Leaves,
            [.. on.Payouts.Select(payout => OfferProgress.Of(payout, offers[payout.Offer.Ordinal], isOpen, claimOf(payout.Offer.Id), supplies))]);
    }
}

/// <summary>How far a player is on the way to one offer.</summary>
/// <param name="OfferId">The offer.</param>
/// <param name="RewardId">The reward.</param>
/// <param name="RewardName">The reward's name.</param>
/// <param name="Contents">What it gives.</param>
/// <param name="Met">Whether its condition is met.</param>
/// <param name="Claimable">Whether it can be claimed now.</param>
/// <param name="StockLeft">How many are left; absent where there is no end of them.</param>
/// <param name="Claim">The claim of it that has been made.</param>
/// <param name="Leaves">How far each leaf is, where the offer has a condition of its own.</param>
public sealed record OfferProgress(
    OfferId OfferId,
    RewardId RewardId,
    string RewardName,
    IReadOnlyList<Content> Contents,
    bool Met,
    bool Claimable,
    long? StockLeft,
    ClaimView? Claim,
    IReadOnlyList<LeafVerdict>? Leaves)
{
    internal static OfferProgress Of(Payout payout, OfferVerdict verdict, bool isOpen, Claim? claim, Supplies supplies)
    {
        var offer = payout.Offer;
        var left = supplies.LeftOf(payout);
        return new OfferProgress(
            offer.Id,
            offer.RewardId,
            offer.RewardName,
            offer.Contents,
            verdict.Met,
            verdict.Met && isOpen && !offer.Closed && left is not 0 && claim is null,
            left,
            claim is null ? null : ClaimView.Of(claim, forStaff: false),
            verdict.Leaves);
    }
}

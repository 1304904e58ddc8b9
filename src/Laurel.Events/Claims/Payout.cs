using System.Text.Json;
using Laurel.Events.Catalog;
using Laurel.Platform.Http;

namespace Laurel.Events.Claims;

/// <summary>What an offer gives, made ready once for all its claims.</summary>
internal sealed class Payout
{
    private Payout(Offer offer)
    {
        Offer = offer;
        Json = JsonSerializer.Serialize(offer.Contents, JsonRules.Options);
        // Rewards have up to 20 contents; what is beyond a wallet's limit stays that, and is refused there.
        Points = (long)offer.Contents.OfType<Points>().Aggregate(Int128.Zero, (sum, points) => Int128.Min(long.MaxValue, sum + points.Amount));
        IsDelivered = IsDeliveredOf(offer.Contents);
        Codes = [.. offer.Contents.Index().Where(part => part.Item is Coupon).Select(part => ((short)(part.Index + 1), ((Coupon)part.Item).Pool))];
        Pools = [.. Codes.CountBy(code => code.Pool, StringComparer.Ordinal).Select(one => (one.Key, one.Value))];
        Holds = (offer.RewardStock is null ? Holds.Nothing : Holds.OfReward)
            | (offer.Stock is null ? Holds.Nothing : Holds.OfOffer)
            | (Codes.Count == 0 ? Holds.Nothing : Holds.Codes);
    }

    public Offer Offer { get; }

    /// <summary>Its contents, as they are stored with a claim.</summary>
    public string Json { get; }

    /// <summary>All points of it.</summary>
    public long Points { get; }

    /// <summary>Whether the game has to be told.</summary>
    public bool IsDelivered { get; }

    public Holds Holds { get; }

    /// <summary>Where codes stand in its contents, from 1, and the pools that they are taken from.</summary>
    public IReadOnlyList<(short Place, string Pool)> Codes { get; }

    /// <summary>How many codes it takes of each pool.</summary>
    public IReadOnlyList<(string Pool, int Count)> Pools { get; }

    public IEnumerable<Guid> StockOwners() => Holds.Owners(Offer.RewardId, Offer.Id);

    /// <summary>All but points are handed over by the game.</summary>
    public static bool IsDeliveredOf(IReadOnlyList<Content> contents) => contents.Any(content => content is not Catalog.Points);

    /// <summary>A grant by hand is like an offer that was made for it alone.</summary>
    public static Payout Of(Reward reward, OfferId id, bool requiresApproval) => new(new Offer(
        id, reward.Id, reward.Name, reward.Contents, Condition: null, requiresApproval, AutoClaim: false, Stock: null, Closed: false, Ordinal: 0, reward.Stock));

    public static IReadOnlyList<Payout> Of(IReadOnlyList<Offer> offers) => [.. offers.Select(offer => new Payout(offer))];
}

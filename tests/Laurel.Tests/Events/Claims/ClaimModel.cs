namespace Laurel.Tests.Events.Claims;

/// <summary>
/// What claims, stock and wallets do, written down once more in the simplest way: one thing after the other, in memory. Statuses and codes
/// are the words of the API.
/// </summary>
internal sealed class ClaimModel(IReadOnlyDictionary<string, ModelOffer> offers)
{
    public Dictionary<string, ModelClaim> Claims { get; } = [];

    public Dictionary<string, long> Balances { get; } = [];

    /// <summary>Of each stock, how many are taken.</summary>
    public Dictionary<string, long> Taken { get; } = [];

    public long Now { get; set; }

    public string Claim(string user, string offer)
    {
        if (Claims.Values.FirstOrDefault(claim => claim.User == user && claim.Offer == offer && claim.Status != "reopened") is { } existing)
        {
            return existing.Status switch
            {
                "pending" => "approval_pending",
                "rejected" => "claim_rejected",
                _ => "already_claimed",
            };
        }

        return Make(user, offer, grantedBy: null);
    }

    public string Grant(string by, string user, string offer) => by == user ? "own_claim" : Make(user, offer, by);

    /// <summary>The claim that the last one made is known by from now on.</summary>
    public void Name(string id)
    {
        Claims.Remove("", out var made);
        Claims.Add(id, made!);
    }

    public string Decide(string by, string id, string verb, bool allowRetry)
    {
        if (!Claims.TryGetValue(id, out var claim))
            return "not_found";
        if (claim.User == by)
            return "own_claim";
        if (verb == "approve" && claim.GrantedBy == by)
            return "own_grant";
        var offer = offers[claim.Offer];
        var (from, to) = verb switch
        {
            "approve" => ("pending", offer.IsDelivered ? "processing" : "completed"),
            "reject" => ("pending", allowRetry ? "reopened" : "rejected"),
            "cancel" => ("processing", "failed"),
            _ => ("completed", "revoked"),
        };
        if (claim.Status != from)
            return "already_decided";
        if (from != "pending" && Balances.GetValueOrDefault(claim.User) < offer.Points)
            return "insufficient_points";

        claim.Status = to;
        if (verb == "approve")
        {
            Balances[claim.User] = Balances.GetValueOrDefault(claim.User) + offer.Points;
            return "done";
        }

        if (from != "pending")
            Balances[claim.User] -= offer.Points;
        foreach (var stock in offer.Stocks)
            Taken[stock.Name]--;
        return "done";
    }

    /// <summary>The time has come for all whose deadline is over.</summary>
    public void Pass(long until)
    {
        Now = until;
        foreach (var (id, claim) in Claims.Where(one => one.Value.Status == "pending" && one.Value.DecideBy <= Now).ToList())
            Decide("laurel", id, offers[claim.Offer].OnDeadline!, allowRetry: false);
    }

    public string Spend(string user, long amount)
    {
        if (Balances.GetValueOrDefault(user) < amount)
            return "insufficient_points";
        Balances[user] -= amount;
        return "done";
    }

    private string Make(string user, string name, string? grantedBy)
    {
        var offer = offers[name];
        if (offer.Stocks.Any(stock => Taken.GetValueOrDefault(stock.Name) >= stock.Total))
            return "sold_out";
        foreach (var stock in offer.Stocks)
            Taken[stock.Name] = Taken.GetValueOrDefault(stock.Name) + 1;
        var status = offer.NeedsApproval ? "pending" : offer.IsDelivered ? "processing" : "completed";
        Claims.Add("", new ModelClaim(user, name, grantedBy, offer.OnDeadline is null ? long.MaxValue : Now + offer.Deadline) { Status = status });
        if (status != "pending")
            Balances[user] = Balances.GetValueOrDefault(user) + offer.Points;
        return "done";
    }
}

/// <summary>What can be claimed or granted; stocks with how many there are of each.</summary>
internal sealed record ModelOffer(long Points, bool IsDelivered, bool NeedsApproval, params (string Name, long Total)[] Stocks)
{
    public long Deadline { get; init; }

    public string? OnDeadline { get; init; }
}

internal sealed record ModelClaim(string User, string Offer, string? GrantedBy, long DecideBy)
{
    public required string Status { get; set; }
}

using System.Text.Json;
using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Claims;

/// <summary>One wish in a batch, and what is found out about it. Pure but for what it is told.</summary>
internal sealed class ClaimAttempt
{
    private readonly List<ClaimRefusal> _refused = [];
    private readonly RunningEvent? _event;
    private string? _replayed;

    public ClaimAttempt(ClaimWish wish, CatalogSnapshot snapshot, DateTimeOffset now)
    {
        Wish = wish;
        Grant = wish.Grant;
        if (Grant is not null)
            return;
        _event = snapshot.Events.GetValueOrDefault(wish.Event);
        if (Refusal(_event, wish, now, out var window) is { } refusal)
            _refused.Add(new ClaimRefusal(wish.Offer, refusal));
        else
            Touch = new Touch(new ProgressKey(wish.UserId, wish.Event, window.Key), _event!, window);
        StaysDue = wish.Due is not null && IsToCome(_event, wish, snapshot, now);
    }

    public ClaimWish Wish { get; }

    /// <summary>Whether what was noted to be claimed cannot be settled yet.</summary>
    public bool StaysDue { get; }

    /// <summary>The progress that decides; null where nothing is left to decide.</summary>
    public Touch? Touch { get; private set; }

    /// <summary>What is to be granted by hand; null where nothing is left to decide.</summary>
    public Grant? Grant { get; private set; }

    /// <summary>Claims to be made.</summary>
    public List<Candidate> Candidates { get; } = [];

    /// <summary>The same request, or another under the same key, that came before it in this batch.</summary>
    public ClaimAttempt? Leader { get; private set; }

    /// <summary>Offers for which somebody else in this batch was first, with the same user's claim.</summary>
    public List<(Offer Offer, Candidate First)> Waits { get; } = [];

    /// <summary>What its offers give.</summary>
    public IEnumerable<Payout> Payouts => Touch is null ? [] : Wanted();

    /// <summary>Nothing is left to decide.</summary>
    public void Settle(ClaimRefusal refusal)
    {
        _refused.Add(refusal);
        (Touch, Grant) = (null, null);
    }

    public void Settle(string replayed)
    {
        _replayed = replayed;
        (Touch, Grant) = (null, null);
    }

    /// <summary>It is answered like the other, or refused where it wants something else under the same key.</summary>
    public void Follow(ClaimAttempt leader)
    {
        Leader = leader;
        (Touch, Grant) = (null, null);
    }

    /// <summary>Which claims are to be made, now that progress, claims and stock have been read.</summary>
    public void Judge(IReadOnlyDictionary<ClaimKey, Claim> existing, Supplies supplies, DateTimeOffset now)
    {
        if (Touch is null)
            return;

        var met = Engine.MetBits(_event!.Definition, Touch.Reached);
        foreach (var payout in Wanted())
        {
            var offer = payout.Offer;
            var key = new ClaimKey(Wish.UserId, Wish.Event, offer.Id, Touch.Key.Window);
            if (existing.GetValueOrDefault(key) is { } claimed)
                Refuse(offer, claimed);
            else if (offer.Closed)
                Refuse(offer, EventsErrors.OfferClosed);
            else if ((met & (1L << offer.Ordinal)) == 0)
                _refused.Add(new ClaimRefusal(offer.Id, EventsErrors.ConditionNotMet) { Missing = Missing(offer) });
            else if (supplies.LeftOf(payout) <= 0)
                Refuse(offer, EventsErrors.SoldOut);
            else
                Candidates.Add(new Candidate(this, payout, Made(payout, key, now)));
        }
    }

    /// <summary>What is granted by hand is of no event, and needs only that there is such a reward, and enough of it.</summary>
    public void Judge(Reward? reward, ClaimsOptions options, DateTimeOffset now)
    {
        if (Grant is null)
            return;
        if (reward is null)
        {
            Settle(new ClaimRefusal(null, Errors.NotFound));
            return;
        }

        var key = ClaimKey.ByHand(Wish.UserId, new ClaimId(Guid.CreateVersion7(now)));
        var payout = Payout.Of(reward, key.Offer, options.NeedsSecond(reward));
        Candidates.Add(new Candidate(this, payout, Made(payout, key, now)));
    }

    public void Refuse(Offer offer, Claim existing) => _refused.Add(Already(offer, existing));

    public void Refuse(Offer offer, Error error) => _refused.Add(new ClaimRefusal(offer.Id, error));

    public ClaimAnswer Answer()
    {
        if (Leader is { } leader)
            return Wish.Key!.Fits(leader.Wish.Key!.Fingerprint) ? leader.Answer() : ClaimAnswer.Refusing(EventsErrors.IdempotencyKeyReused);
        return new ClaimAnswer([.. Candidates.Where(candidate => candidate.IsGranted).Select(candidate => candidate.Claim)], [.. _refused, .. Waits.Select(Missed)])
        {
            Replayed = _replayed,
            StaysDue = StaysDue,
        };
    }

    /// <summary>As it is kept for the same request.</summary>
    public string Json() => Wish.Grant is null
        ? JsonSerializer.Serialize(ClaimsAnswer.Of(Answer()), JsonRules.Options)
        : JsonSerializer.Serialize(ClaimView.Of(Answer().Granted[0], forStaff: true), JsonRules.Options);

    /// <summary>What was first is there now, or was refused for a reason that is this one's too.</summary>
    private static ClaimRefusal Missed((Offer Offer, Candidate First) wait) => wait.First.IsGranted
        ? Already(wait.Offer, wait.First.Claim)
        : wait.First.Attempt._refused.Find(refusal => refusal.Offer == wait.Offer.Id) ?? new ClaimRefusal(wait.Offer.Id, EventsErrors.SoldOut);

    private static ClaimRefusal Already(Offer offer, Claim existing) => new(offer.Id, existing.Status switch
    {
        ClaimStatus.Pending => EventsErrors.ApprovalPending,
        ClaimStatus.Rejected => EventsErrors.ClaimRejected,
        _ => EventsErrors.AlreadyClaimed,
    })
    {
        Existing = existing,
    };

    /// <summary>In order of precedence: whether there is such a thing, whether it is running, whether it has such a window and offer.</summary>
    private static Error? Refusal(RunningEvent? on, ClaimWish wish, DateTimeOffset now, out Window window)
    {
        window = default;
        if (on is null)
            return Errors.NotFound;
        if (wish.Offer is { } offer && on.Offers.All(known => known.Id != offer))
            return Errors.NotFound;
        if (!ShownEvents.IsShown(on, now))
            return EventsErrors.EventNotRunning;
        if (on.WindowFor(wish.Window, now) is not { } found)
            return Errors.NotFound;
        window = found;
        return now < window.Start || now >= window.End + on.ClaimWithin ? EventsErrors.EventNotRunning : null;
    }

    /// <summary>
    /// Activities may be a little ahead of the clock, and so of their window; and an event that this process cannot read is there all the
    /// same. An event that is switched off counts all progress anew when it is switched on, and that notes what is to be claimed.
    /// </summary>
    private static bool IsToCome(RunningEvent? on, ClaimWish wish, CatalogSnapshot snapshot, DateTimeOffset now) => on switch
    {
        null => snapshot.HasUnreadable,
        { Status: EventStatus.Active, IsQuarantined: false } => on.WindowFor(wish.Window, now) is { } window && now < window.Start,
        _ => false,
    };

    /// <summary>Of all offers, those that can be claimed at all.</summary>
    private IEnumerable<Payout> Wanted() => _event!.Payouts.Where(payout => Wish.Offer is { } one ? payout.Offer.Id == one : !payout.Offer.Closed);

    private List<LeafVerdict> Missing(Offer offer)
    {
        var verdict = Engine.Judge(_event!.Definition, Touch!.Reached);
        var leaves = verdict.Offers.First(one => one.Ordinal == offer.Ordinal).Leaves ?? verdict.Leaves;
        return [.. leaves.Where(leaf => !leaf.Met)];
    }

    private Claim Made(Payout payout, ClaimKey key, DateTimeOffset now)
    {
        var offer = payout.Offer;
        var status = offer.RequiresApproval ? ClaimStatus.Pending : payout.IsDelivered ? ClaimStatus.Processing : ClaimStatus.Completed;
        return new Claim(
            key.IsByHand ? new ClaimId(key.Offer.Value) : new ClaimId(Guid.CreateVersion7(now)), key, offer.RewardId, offer.RewardName, offer.Contents, payout.Points, status, Wish.Origin, payout.Holds, now)
        {
            CompletedAt = status == ClaimStatus.Completed ? now : null,
            Deadline = status == ClaimStatus.Pending && offer is { ApprovalDeadlineSeconds: { } seconds, OnDeadline: { } outcome }
                ? new Deadline(now.AddSeconds(seconds), outcome)
                : null,
            ByHand = Grant is { } grant ? new ByHand(grant.By.Id, grant.Reason) : null,
        };
    }
}

/// <summary>A claim that is about to be made.</summary>
internal sealed class Candidate(ClaimAttempt attempt, Payout payout, Claim claim)
{
    public static readonly Comparer<Candidate> ByKey = Comparer<Candidate>.Create(static (left, right) => ClaimKey.Order.Compare(left.Claim.Key, right.Claim.Key));

    public ClaimAttempt Attempt => attempt;

    public Payout Payout => payout;

    public Claim Claim { get; private set; } = claim;

    public bool IsGranted { get; set; }

    /// <summary>Whether another request, whose answer is kept, tells what becomes of this.</summary>
    public bool IsAwaitedByKey { get; set; }

    /// <summary>With the codes that were taken for it.</summary>
    public void Receives(IReadOnlyList<Content> contents) => Claim = Claim with { Contents = contents };
}

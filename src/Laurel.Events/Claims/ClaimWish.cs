using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Claims;

/// <summary>Who wants what.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Event">The event.</param>
/// <param name="Offer">One of its offers; null: all that can be claimed.</param>
/// <param name="Window">One of its windows; null: the one that is open, or was the last.</param>
/// <param name="Origin">Who asks for it.</param>
internal sealed record ClaimWish(string UserId, EventId Event, OfferId? Offer, DateOnly? Window, ClaimOrigin Origin)
{
    /// <summary>What the request is known by when it is sent again.</summary>
    public IdempotencyKey? Key { get; init; }

    /// <summary>What an operator grants, of no event.</summary>
    public Grant? Grant { get; init; }

    /// <summary>Whose key it is.</summary>
    public string Asker => Grant?.By.Id ?? UserId;

    /// <summary>The note that it is made for, if nobody has asked.</summary>
    public DueClaim? Due { get; init; }
}

/// <summary>A reward that is granted by hand.</summary>
internal sealed record Grant(RewardId Reward, Actor By, string Reason);

/// <summary>Why an offer was not granted.</summary>
/// <param name="Offer">The offer; null where the whole wish is refused.</param>
/// <param name="Error">Why.</param>
internal sealed record ClaimRefusal(OfferId? Offer, Error Error)
{
    /// <summary>The claim that is there already.</summary>
    public Claim? Existing { get; init; }

    /// <summary>How far each leaf is that is not met.</summary>
    public IReadOnlyList<LeafVerdict>? Missing { get; init; }
}

/// <summary>What became of a wish.</summary>
internal sealed record ClaimAnswer(IReadOnlyList<Claim> Granted, IReadOnlyList<ClaimRefusal> Refused)
{
    /// <summary>The answer that was given to the same request before.</summary>
    public string? Replayed { get; init; }

    /// <summary>It cannot be said yet what becomes of it: the note that it was made for is still there.</summary>
    public bool StaysDue { get; init; }

    public static ClaimAnswer Refusing(Error error) => new([], [new ClaimRefusal(null, error)]);
}

namespace Laurel.Rules;

/// <summary>An offer's own condition, which replaces the event's; null: the event's. The ordinal is the offer's bit in what is met.</summary>
public sealed record OfferRule(int Ordinal, Condition? Condition);

/// <summary>All that decides what counts and what is met, as an operator wrote it.</summary>
public sealed record EventDraft(
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    string TimeZone,
    TimeOnly DayStartsAt,
    Repeats Repeats,
    Condition Condition,
    IReadOnlyList<OfferRule> Offers);

/// <summary>What is wrong with a draft, at which path of its wire form.</summary>
public sealed record Flaw(string Path, string Code, string Message);

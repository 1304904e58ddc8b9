using System.Text.Json.Serialization;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>Why an activity as a whole was not looked at.</summary>
public enum NotLookedAt
{
    /// <summary>An operator has taken it back.</summary>
    Voided,

    /// <summary>It occurred before the event's start, or at its end or later.</summary>
    [JsonStringEnumMemberName("outside_period")] OutsidePeriod,

    /// <summary>It belongs to another window of the event.</summary>
    [JsonStringEnumMemberName("outside_window")] OutsideWindow,

    /// <summary>No leaf looks at activities of this type.</summary>
    [JsonStringEnumMemberName("type_not_measured")] TypeNotMeasured,
}

/// <summary>What one activity was to one leaf that looks at its type.</summary>
/// <param name="OfferId">The offer in whose own condition the leaf stands; absent where it is the event's.</param>
/// <param name="Path">Where it stands in that condition.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Outcome">Whether it counted the activity, or why not.</param>
/// <param name="Attribute">The attribute that `where` or `field` missed.</param>
public sealed record ExplainedLeaf(OfferId? OfferId, string Path, string Type, Outcome Outcome, string? Attribute);

/// <summary>One activity of a user, and what became of it.</summary>
/// <param name="Id">The id under which it was reported.</param>
/// <param name="Type">Its type.</param>
/// <param name="OccurredAt">When it occurred.</param>
/// <param name="ReceivedAt">When it was stored.</param>
/// <param name="Value">Its value.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Counted">Whether any leaf counted it, after all those that occurred before it.</param>
/// <param name="Reason">Why no leaf was asked.</param>
/// <param name="Leaves">What it was to each leaf that looks at its type.</param>
public sealed record ExplainedActivity(
    string Id,
    string Type,
    DateTimeOffset OccurredAt,
    DateTimeOffset ReceivedAt,
    long? Value,
    Attributes? Attributes,
    bool Counted,
    NotLookedAt? Reason,
    IReadOnlyList<ExplainedLeaf> Leaves);

/// <summary>Whether an offer's condition is met.</summary>
/// <param name="OfferId">The offer.</param>
/// <param name="Met">Whether it is met.</param>
/// <param name="Leaves">How far each leaf is, where the offer has a condition of its own.</param>
public sealed record OfferStanding(OfferId OfferId, bool Met, IReadOnlyList<LeafVerdict>? Leaves);

/// <summary>What a user's activities come to in one window of an event, and a page of them, newest first.</summary>
/// <param name="UserId">The user.</param>
/// <param name="EventId">The event.</param>
/// <param name="Window">The repetition that this is about.</param>
/// <param name="Met">Whether the event's condition is met by all of them.</param>
/// <param name="Leaves">How far each leaf of it is.</param>
/// <param name="Offers">The event's offers.</param>
/// <param name="Stored">Whether the stored progress says the same.</param>
/// <param name="Items">Those that occurred in the window, and within a day before and after it.</param>
/// <param name="NextCursor">Where the next page begins.</param>
public sealed record ProgressExplanation(
    string UserId,
    EventId EventId,
    NamedWindow Window,
    bool Met,
    IReadOnlyList<LeafVerdict> Leaves,
    IReadOnlyList<OfferStanding> Offers,
    StoredProgress Stored,
    IReadOnlyList<ExplainedActivity> Items,
    string? NextCursor);

namespace Laurel.Rules;

/// <summary>
/// What one activity was to one leaf. The ordinal is that of the offer whose condition the leaf stands in, 0 for the event's own.
/// The attribute is the one that `where` or `field` missed.
/// </summary>
public sealed record LeafExplanation(int Ordinal, string Path, string Type, Outcome Outcome, string? Attribute);

/// <summary>Whether an activity counted, and for each leaf of the event and its offers why or why not.</summary>
public sealed record Explanation(bool Counted, IReadOnlyList<LeafExplanation> Leaves);

namespace Laurel.Rules;

/// <summary>How far one leaf is. The path is that of the leaf in its event or offer, such as `condition.of[1]`.</summary>
public sealed record LeafVerdict(string Path, string Type, long Current, long Target, bool Met, long Missing);

/// <summary>Whether an offer's condition is met; the leaves of its own condition, null when it has none.</summary>
public sealed record OfferVerdict(int Ordinal, bool Met, IReadOnlyList<LeafVerdict>? Leaves);

public sealed record Verdict(bool Met, IReadOnlyList<LeafVerdict> Leaves, IReadOnlyList<OfferVerdict> Offers);

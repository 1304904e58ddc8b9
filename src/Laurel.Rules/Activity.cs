namespace Laurel.Rules;

/// <summary>One fact about a user, as far as rules look at it. <paramref name="Value"/> is never negative.</summary>
public sealed record Activity(string Type, DateTimeOffset OccurredAt, long? Value, Attributes Attributes);

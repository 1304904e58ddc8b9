namespace Laurel.Events.Books;

/// <summary>Something that is always true of what is stored.</summary>
/// <param name="Name">What is true, in words.</param>
/// <param name="Breaches">A query for whatever breaks it: a line of text for each.</param>
internal sealed record Law(string Name, string Breaches);

/// <summary>What became of a law.</summary>
/// <param name="Law">The law.</param>
/// <param name="Count">How often it is broken.</param>
/// <param name="First">The first breaches.</param>
internal sealed record Finding(Law Law, long Count, IReadOnlyList<string> First);

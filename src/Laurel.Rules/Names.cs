using System.Buffers;

namespace Laurel.Rules;

/// <summary>What activities and their attributes may be called.</summary>
public static class Names
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-");

    /// <summary>ASCII letters, digits and <c>_ . : -</c>, so that a type can stand in an address, a log line and a query unchanged.</summary>
    public static bool IsActivityType(string name) => name.Length is > 0 and <= MaxLength && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Any text without control characters: games name their attributes in their own language.</summary>
    public static bool IsAttribute(string name) => name.Length is > 0 and <= MaxLength && !name.Any(char.IsControl);
}

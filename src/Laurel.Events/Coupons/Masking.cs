using Laurel.Events.Catalog;

namespace Laurel.Events.Coupons;

/// <summary>
/// Codes as everybody sees them but the user whose they are. Whoever reads a code can spend it, so staff sees its end alone: enough to
/// tell whether it is the one that a user asks about.
/// </summary>
internal static class Masking
{
    private const int Shown = 4;

    public static IReadOnlyList<Content> Of(IReadOnlyList<Content> contents) => contents.Any(content => content is Coupon { Code: not null })
        ? [.. contents.Select(content => content is Coupon { Code: { } code } coupon ? coupon with { Code = Of(code) } : content)]
        : contents;

    /// <summary>Of a short code nothing is shown: its end would be most of it.</summary>
    private static string Of(string code) => code.Length < 3 * Shown ? "****" : $"****{code[^Shown..]}";
}

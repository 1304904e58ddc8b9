using System.Globalization;
using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>A window with the name by which staff ask for it.</summary>
/// <param name="Key">The local date on which it begins, before it is cut to the event's period; of an event that does not repeat, 2000-01-01.</param>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it ends; the end is not part of it.</param>
public sealed record NamedWindow(DateOnly Key, DateTimeOffset Start, DateTimeOffset End)
{
    internal static NamedWindow Of(Window window) => new(window.Key, window.Start, window.End);
}

internal static class WindowKey
{
    /// <summary>Of a query parameter; null where none was given.</summary>
    /// <exception cref="ProblemException">It is no date.</exception>
    public static DateOnly? Read(string? window)
    {
        if (window is null)
            return null;
        return DateOnly.TryParseExact(window, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var key)
            ? key
            : throw new ProblemException(new Problem(Errors.BadQuery) { Fields = [new FieldError("window", "bad_value", "Expected a date, such as 2026-11-20.")] });
    }
}

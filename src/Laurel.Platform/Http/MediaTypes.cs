using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Laurel.Platform.Http;

public static class MediaTypes
{
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>The media type of the body; null where there is none, or its text is in anything but UTF-8.</summary>
    public static MediaTypeHeaderValue? OfUtf8(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? type
            : null;

    /// <summary>
    /// Which of these the client would have, by <c>Accept</c> and its quality values; of equals the first, null where it takes none.
    /// </summary>
    public static string? Choose(HttpRequest request, params string[] offered)
    {
        request.HttpContext.Response.Headers.Vary = "Accept";
        if (request.Headers.Accept.Count == 0)
            return offered[0];
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges))
            return null;
        return offered.Select(type => (Type: type, Quality: QualityOf(new MediaTypeHeaderValue(type), ranges)))
            .Where(one => one.Quality > 0)
            .OrderByDescending(one => one.Quality)
            .FirstOrDefault().Type;
    }

    /// <summary>The range that says most precisely what is meant decides: <c>text/csv;q=0, */*</c> is anything but CSV.</summary>
    private static double QualityOf(MediaTypeHeaderValue type, IList<MediaTypeHeaderValue> ranges) => ranges
        .Where(range => range.MatchesAllTypes || (range.MatchesAllSubTypes && range.Type == type.Type) || range.MediaType.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault();
}

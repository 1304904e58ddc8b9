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
}

using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Access;

/// <summary>
/// A write that a cookie authenticates must come from a page of this very host, or of a listed origin. SameSite alone would let any
/// sibling subdomain write; browsers send Origin with every such request, so its absence is refused as well.
/// </summary>
public static class SameOrigin
{
    public static bool Permits(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
            return true;
        if (IsListed(request))
            return true;

        // The scheme is not compared: behind a proxy that ends TLS the browser's is https and ours is http.
        return request.Headers.Origin is [{ } origin]
            && Uri.TryCreate(origin, UriKind.Absolute, out var page)
            && page.Scheme is "https" or "http"
            && string.Equals(page.Authority, HostWithoutDefaultPort(request.Host, page.Scheme), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether it comes from a page of another origin whose pages may write.</summary>
    public static bool IsListed(HttpRequest request) => ListedOrigin.Of(request.HttpContext) is not null;

    private static string HostWithoutDefaultPort(HostString host, string scheme) =>
        host.Port == (scheme == "https" ? 443 : 80) ? host.Host : host.Value ?? "";
}

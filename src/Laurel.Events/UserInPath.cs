using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Laurel.Events;

/// <summary>The user in a path that begins with /v1/users/{id}.</summary>
internal static class UserInPath
{
    /// <summary>
    /// The third part of the path as it was sent. A game may have a slash or a percent sign in its users' ids, and the web server's own
    /// reading makes one of `%2F` and `%252F`.
    /// </summary>
    public static string Of(HttpContext http, string bound)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var parts = target.Split('?', 2)[0].Split('/');
        return parts is ["", "v1", "users", var sent, _, ..] ? Uri.UnescapeDataString(sent) : bound;
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Laurel.Events;

/// <summary>The user in a path that begins with /v1/users/{id}.</summary>
internal static class UserInPath
{
    /// <summary>
    /// The third part of the path as it was sent. A game may have a slash or a percent sign in its users' ids, and the web server's own
    /// reading makes one of `%2F` and `%252F`. Parts that are dots lead away from what stands before them, as they do for the web server:
    /// else the path would be one user's there, and another's here.
    /// </summary>
    public static string Of(HttpContext http, string bound)
    {
        var parts = new List<string>();
        foreach (var sent in PathOf(http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").Split('/'))
        {
            var part = Uri.UnescapeDataString(sent);
            if (part is ".." && parts.Count > 1)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or ".."))
                parts.Add(part);
        }

        return parts is ["", _, _, var user, _, ..] ? user : bound;
    }

    /// <summary>A target may also be a whole address: of a proxy, for example.</summary>
    private static string PathOf(string target)
    {
        var host = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        var path = host < 0 ? 0 : target.IndexOf('/', host + 3);
        return path < 0 ? "" : target[path..].Split('?', 2)[0];
    }
}

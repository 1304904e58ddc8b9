using System.Net.Http.Headers;
using Laurel.Platform.Access;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;
using AuthenticationHeaderValue = System.Net.Http.Headers.AuthenticationHeaderValue;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// Who calls, as the service behind is told: Laurel's own by the token, also where a browser sent it as a cookie; others that want it by
/// headers, and by nothing with which they could act as the user. What a client says of itself is taken away in every spelling.
/// </summary>
internal sealed class IdentityTransforms(ClusterKey cluster, TimeProvider time) : ITransformProvider
{
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        var isOwn = context.Route.Metadata?.ContainsKey(ProxyTable.IsOwn) == true;
        var introduction = context.Route.Metadata?.GetValueOrDefault(ProxyTable.IdentityHeaders) is { } owner
            ? new Introduction(owner.Length == 0 ? null : cluster.KeyOf(context.Route.ClusterId!, owner), time)
            : null;
        // Laurel's own look at the host for what a cookie may write from.
        if (isOwn)
            context.AddOriginalHost();
        context.AddRequestTransform(transform =>
        {
            var (incoming, outgoing) = (transform.HttpContext.Request, transform.ProxyRequest.Headers);
            foreach (var name in incoming.Headers.Keys.Where(IsIdentity))
            {
                outgoing.Remove(name);
                transform.ProxyRequest.Content?.Headers.Remove(name);
            }

            var cookie = incoming.Cookies[SessionCookies.Access];
            if (cookie is not null && incoming.Headers.Authorization.Count == 0 && (isOwn || introduction is null))
                outgoing.Authorization = new AuthenticationHeaderValue("Bearer", cookie);
            if (!isOwn)
                KeepSession(transform, outgoing);
            introduction?.Make(Caller.Of(transform.HttpContext), outgoing);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>`x_user_id`, `X-USER-ID`, `X--User.Id`: some servers take them for the same.</summary>
    internal static bool IsIdentity(string header)
    {
        Span<char> letters = stackalloc char[16];
        var count = 0;
        foreach (var letter in header)
        {
            if (!char.IsAsciiLetterOrDigit(letter))
                continue;
            letters[count++] = char.ToLowerInvariant(letter);
            if (count == "xuser".Length)
                return letters[..count].SequenceEqual("xuser");
        }

        return false;
    }

    /// <summary>The cookies of a session with Laurel are nobody else's.</summary>
    private static void KeepSession(RequestTransformContext transform, HttpRequestHeaders outgoing)
    {
        var cookies = transform.HttpContext.Request.Cookies.Where(cookie => cookie.Key is not (SessionCookies.Access or SessionCookies.Refresh)).ToList();
        if (cookies.Count == transform.HttpContext.Request.Cookies.Count)
            return;
        outgoing.Remove(HeaderNames.Cookie);
        if (cookies.Count > 0)
            outgoing.TryAddWithoutValidation(HeaderNames.Cookie, string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
    }
}

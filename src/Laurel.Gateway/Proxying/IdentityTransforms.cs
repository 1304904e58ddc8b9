using System.Net.Http.Headers;
using Laurel.Platform.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;
using AuthenticationHeaderValue = System.Net.Http.Headers.AuthenticationHeaderValue;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// Who calls, as the service behind is told: Laurel's own by the token, also where a browser sent it as a cookie; others that want it by
/// headers, and by the token, with which they could act as the user, only where an admin or the settings say so. What a client says of
/// itself is taken away in every spelling.
/// </summary>
internal sealed class IdentityTransforms(ClusterKey cluster, TimeProvider time) : ITransformProvider
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        var isOwn = ProxyTable.IsOwn(context.Route);
        var passesToken = ProxyTable.PassesToken(context.Route);
        var introduction = context.Route.Metadata?.GetValueOrDefault(ProxyTable.IdentityHeaders) is { } owner
            ? new Introduction(owner.Length == 0 ? null : cluster.KeyOf(context.Route.ClusterId!, owner), time)
            : null;
        // Laurel's own look at the host for what a cookie may write from.
        if (isOwn)
            context.AddOriginalHost();
        context.AddRequestTransform(transform =>
        {
            var (incoming, outgoing) = (transform.HttpContext.Request, transform.ProxyRequest.Headers);
            foreach (var name in ClientHeaders.OfThisHop(incoming.Headers.Connection).Concat(incoming.Headers.Keys.Where(ClientHeaders.IsForged)))
                ClientHeaders.Remove(transform.ProxyRequest, name);

            // A cookie counts where it was looked at whence it comes: somebody else's service that asks nobody in gets no token by it.
            if (!passesToken)
                outgoing.Authorization = null;
            else if (incoming.Headers.Authorization.Count == 0 && Caller.Of(transform.HttpContext) is not null)
                outgoing.Authorization = new AuthenticationHeaderValue("Bearer", incoming.Cookies[SessionCookies.Access]);
            if (isOwn)
                KeepAddress(transform);
            if (isOwn && SameOrigin.IsListed(incoming))
                ComeFromHere(incoming, outgoing);
            if (!isOwn)
                KeepSession(incoming, outgoing);
            introduction?.Make(Caller.Of(transform.HttpContext), outgoing);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>
    /// As the client has written it: in a path that is read and written anew, a slash that is part of a user's id and one that was written
    /// as `%252F` look the same. Laurel's own services read it as the gateway has.
    /// </summary>
    private static void KeepAddress(RequestTransformContext transform)
    {
        if (transform.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] target)
            transform.ProxyRequest.RequestUri = new Uri(transform.DestinationPrefix.TrimEnd('/') + target, AsWritten);
    }

    /// <summary>The list of origins is the gateway's. A service that looks at a cookie itself (to refresh, to sign out) knows its host alone.</summary>
    private static void ComeFromHere(HttpRequest incoming, HttpRequestHeaders outgoing)
    {
        outgoing.Remove(HeaderNames.Origin);
        outgoing.TryAddWithoutValidation(HeaderNames.Origin, $"{incoming.Scheme}://{incoming.Host}");
    }

    /// <summary>The cookies of a session with Laurel are nobody else's.</summary>
    private static void KeepSession(HttpRequest incoming, HttpRequestHeaders outgoing)
    {
        if (incoming.Headers.Cookie.Count == 0)
            return;
        outgoing.Remove(HeaderNames.Cookie);
        if (ClientHeaders.OthersCookies(incoming.Headers.Cookie) is { } others)
            outgoing.TryAddWithoutValidation(HeaderNames.Cookie, others);
    }
}

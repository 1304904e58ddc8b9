using Laurel.Platform.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// What of a service's answer the client gets: not what runs there, nothing that is the gateway's to say, and of a service of somebody
/// else's nothing by which it could speak for Laurel, with which it shares an origin.
/// </summary>
internal sealed class AnswerTransforms : ITransformProvider
{
    private static readonly string[] OfTheInside =
    [
        HeaderNames.Server, HeaderNames.Via, "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version",
        HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders,
        HeaderNames.AccessControlAllowMethods, HeaderNames.AccessControlExposeHeaders, HeaderNames.AccessControlMaxAge,
    ];

    /// <summary>These hold for the whole origin: its sessions, its certificates, its other paths.</summary>
    private static readonly string[] OfTheOrigin = ["Clear-Site-Data", HeaderNames.AltSvc, "NEL", "Report-To", "Service-Worker-Allowed", "Origin-Agent-Cluster"];

    /// <summary>A proxy before the gateway takes these for its own, and answers by them with files and paths that are nobody's to ask for.</summary>
    private static readonly string[] OfTheProxy = ["X-Sendfile", "X-Lighttpd-Send-File", "X-Reproxy-Url"];

    private const string OfNginx = "X-Accel-";

    /// <summary>What the gateway has said before the service was asked, and what therefore stands twice where the service says it too.</summary>
    private static readonly string[] Counted = ["RateLimit", "RateLimit-Policy"];

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        var isOwn = ProxyTable.IsOwn(context.Route);
        context.AddResponseTransform(transform =>
        {
            if (transform.ProxyResponse is not { } answer)
                return ValueTask.CompletedTask;
            if (!Haste.StillAwaits(transform.HttpContext))
            {
                transform.SuppressResponseBody = true;
                return ValueTask.CompletedTask;
            }

            var headers = transform.HttpContext.Response.Headers;
            foreach (var name in OfTheInside)
                headers.Remove(name);
            foreach (var name in Counted)
            {
                if (headers[name] is { Count: > 1 } twice)
                    headers[name] = twice[0];
            }

            if (isOwn)
            {
                if (headers.CacheControl is { Count: > 1 } said)
                    headers.CacheControl = said[^1];
                return ValueTask.CompletedTask;
            }

            foreach (var name in ClientHeaders.OfThisHop(new StringValues([.. answer.Headers.Connection])).Concat(OfTheOrigin).Concat(OfTheProxy).Concat(headers.Keys.Where(name => name.StartsWith(OfNginx, StringComparison.OrdinalIgnoreCase)).ToList()))
                headers.Remove(name);
            if (headers.SetCookie is { Count: > 0 } cookies)
                headers.SetCookie = Array.FindAll(cookies.ToArray(), cookie => cookie is not null && !ClientHeaders.IsOfSession(cookie));
            KeepPrivate(transform.HttpContext, headers);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>What is answered to somebody is kept by them alone, if at all.</summary>
    private static void KeepPrivate(HttpContext context, IHeaderDictionary headers)
    {
        if (Caller.Of(context) is null)
            return;
        var said = headers.CacheControl.Skip(1).Where(value => value?.Contains("private", StringComparison.OrdinalIgnoreCase) == true).ToArray();
        headers.CacheControl = said.Length > 0 ? said : "no-store";
    }
}

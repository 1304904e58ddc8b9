using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Http;

/// <summary>What the browser may load and run for an answer that is a page. Answers that say nothing are none, and may do nothing.</summary>
public sealed record ContentPolicy(string Text)
{
    /// <summary>Nothing is loaded, nothing runs, nobody frames it.</summary>
    public const string OfNoPage = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

/// <summary>
/// What browsers are told of every answer. It is written at the moment at which the answer begins: so it stands there once, whatever a
/// service behind has said of it, and also where an attempt failed and its headers were thrown away.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    /// <summary>A year. Whether it holds for subdomains too is not ours to say.</summary>
    private const string OnlyHttps = "max-age=31536000";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(static state => Write((HttpContext)state), context);
        return next(context);
    }

    private static Task Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = context.Features.Get<ContentPolicy>()?.Text ?? ContentPolicy.OfNoPage;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // A service behind may have pictures that pages elsewhere show.
        if (headers["Cross-Origin-Resource-Policy"].Count != 1)
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.StrictTransportSecurity = context.Request.IsHttps && !IsThisMachine(context.Request.Host.Host) ? OnlyHttps : default;
        return Task.CompletedTask;
    }

    /// <summary>A browser would remember it for whatever else is developed on this machine.</summary>
    private static bool IsThisMachine(string host) => host is "localhost" or "127.0.0.1" or "[::1]";
}

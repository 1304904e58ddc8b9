using System.Buffers;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Laurel.Platform.Access;

/// <summary>Of a request that comes from a page of a listed origin.</summary>
internal sealed record ListedOrigin(string Origin)
{
    public static ListedOrigin? Of(HttpContext context) => context.Features.Get<ListedOrigin>();
}

/// <summary>
/// Tells browsers that pages of listed origins may call and read, and answers itself when they ask beforehand. A page of any other
/// origin is told nothing, so its browser keeps the answer from it.
/// </summary>
internal sealed class Cors(RequestDelegate next, CorsOptions options)
{
    private const string Methods = "GET, HEAD, POST, PUT, PATCH, DELETE";

    /// <summary>In seconds. Browsers keep it no longer than two hours; an origin that is taken off the list is refused at once all the same.</summary>
    private const string KeptFor = "600";

    private const int LongestList = 1_000;

    /// <summary>Names of headers, and what stands between them.</summary>
    private static readonly SearchValues<char> OfNames = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ");

    /// <summary>What a page may read of an answer beside what any page may.</summary>
    private static readonly string Readable = string.Join(", ",
    [
        HeaderNames.ContentDisposition, HeaderNames.ETag, HeaderNames.Location, Limit.LevelHeader, Limit.PolicyHeader, HeaderNames.RetryAfter,
        HeaderNames.WWWAuthenticate, "X-User-Id", "X-User-Role",
    ]);

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Origin is [{ } origin] && options.Origins.Contains(origin))
            context.Features.Set(new ListedOrigin(origin));
        context.Response.OnStarting(static state => Tell((HttpContext)state), context);
        return ListedOrigin.Of(context) is not null && IsAsking(context.Request) ? Answer(context) : next(context);
    }

    /// <summary>Whether this is no request yet, but the browser's question whether the page may send one.</summary>
    private static bool IsAsking(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count == 1;

    private static Task Answer(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlMaxAge = KeptFor;
        // Services behind the gateway may read headers of their own, so whatever a listed page wants to send it may.
        if (context.Request.Headers.AccessControlRequestHeaders is [{ Length: > 0 and <= LongestList } wanted] && !wanted.AsSpan().ContainsAnyExcept(OfNames))
            headers.AccessControlAllowHeaders = wanted;
        headers.Append(HeaderNames.Vary, "Access-Control-Request-Headers");
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task Tell(HttpContext context)
    {
        var headers = context.Response.Headers;
        // Whoever keeps answers for others keeps one for each origin.
        headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        if (ListedOrigin.Of(context) is not { } listed)
            return Task.CompletedTask;
        headers.AccessControlAllowOrigin = listed.Origin;
        headers.AccessControlAllowCredentials = "true";
        headers.AccessControlExposeHeaders = Readable;
        return Task.CompletedTask;
    }
}

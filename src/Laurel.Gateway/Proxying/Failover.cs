using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// Sends a request to another address where the first did not answer and nothing can happen twice by it; and says in Laurel's own words
/// what became of one that nobody answered.
/// </summary>
internal sealed class Failover(Breaker breaker, ILogger<Failover> log)
{
    private const int MaxAttempts = 3;

    /// <summary>Who waits for one service of somebody else's takes connections and memory of all. Laurel's own have lines of their own.</summary>
    private const int MaxUnderWay = 1_000;

    /// <summary>A larger body is not kept to be sent again.</summary>
    private const int MaxKept = 1024 * 1024;

    /// <summary>Of a larger one the rest is kept in a file: many who send slowly shall not fill the memory.</summary>
    private const int KeptInMemory = 256 * 1024;

    private readonly ConditionalWeakTable<ClusterState, RetryBudget> _budgets = [];

    public async Task Run(HttpContext context, Func<Task> next)
    {
        var feature = (ReverseProxyFeature)context.GetReverseProxyFeature();
        if (IsTooMuch(feature))
        {
            await new Problem(Errors.Overloaded) { RetryAfter = TimeSpan.FromSeconds(1) }.ExecuteAsync(context);
            return;
        }

        // A tunnel would be opened by GET whatever was permitted, from any page, and outlive the session.
        var request = context.Request;
        request.Headers.Remove(HeaderNames.Upgrade);
        if (HttpMethods.IsConnect(request.Method))
        {
            await new Problem(Errors.MethodNotAllowed).ExecuteAsync(context);
            return;
        }

        var budget = _budgets.GetOrCreateValue(feature.Route.Cluster!);
        budget.Save();
        var repeat = await MayRepeat(request, feature.Route.Config);
        var start = request.Body.CanSeek ? request.Body : null;
        var all = feature.AvailableDestinations;
        for (var attempt = 1; ; attempt++)
        {
            var asked = Stopwatch.GetTimestamp();
            var isGivenUp = await IsGivenUp(context, next, attempt == 1 && repeat && all.Count > 1 ? budget : null);
            if (context.RequestAborted.IsCancellationRequested)
                return;
            var error = context.GetForwarderErrorFeature();
            if (!isGivenUp && (error is null || context.Response.HasStarted))
                return;

            var tried = feature.ProxiedDestination;
            var others = all.Where(destination => destination != tried).ToList();
            if (!isGivenUp && (attempt == MaxAttempts || tried is null || !(repeat || WasNotSent(error!)) || !IsWorthwhile(error!, others.Count) || !budget.TrySpend()))
            {
                await Explain(context, error!);
                return;
            }

            if (isGivenUp)
                breaker.GivenUp(feature.Route.Cluster!, tried!, others, asked);

            // Where there is no other, it is asked once more: a process that starts again takes a moment.
            all = others.Count > 0 ? others : all;
            feature.AvailableDestinations = all;
            feature.ProxiedDestination = null;
            context.Features.Set<IForwarderErrorFeature?>(null);
            ToldLimits.ClearBut(context.Response);
            if (start is not null)
                start.Position = 0;
        }
    }

    private static bool IsTooMuch(ReverseProxyFeature feature) =>
        !ProxyTable.IsOwn(feature.Route.Config) && feature.AllDestinations.Sum(destination => destination.ConcurrentRequestCount) >= MaxUnderWay;

    /// <summary>Sends it to one address; whether that was given up because another may be asked.</summary>
    /// <param name="context">The request.</param>
    /// <param name="send">To whomever YARP chooses.</param>
    /// <param name="budget">Out of which another attempt would be paid; without it, it is waited for.</param>
    private static async Task<bool> IsGivenUp(HttpContext context, Func<Task> send, RetryBudget? budget)
    {
        if (budget is null)
        {
            await send();
            return false;
        }

        await using var haste = new Haste(context, budget);
        await send();
        return haste.HasGivenUp;
    }

    /// <summary>Nobody can have seen it: there was no connection to send it on, or none came about in time.</summary>
    private static bool WasNotSent(IForwarderErrorFeature error) => error.Error switch
    {
        ForwarderError.Request => error.Exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError, InnerException: SocketException or null,
        },
        ForwarderError.RequestTimedOut => error.Exception is OperationCanceledException { InnerException: TimeoutException },
        _ => false,
    };

    /// <summary>One that has been waited for in vain, and has no other, is not waited for again.</summary>
    private static bool IsWorthwhile(IForwarderErrorFeature error, int others) => Breaker.IsItsFault(error) && (others > 0 || error.Error is not ForwarderError.RequestTimedOut);

    private static async Task<bool> MayRepeat(HttpRequest request, Yarp.ReverseProxy.Configuration.RouteConfig route)
    {
        var when = ProxyTable.RepeatOf(route) ?? (RepeatableMapping.IsRead(request.Method) ? Repeat.Always : Repeat.WithKey);
        if (when == Repeat.Never || (when == Repeat.WithKey && request.Headers[IdempotencyKeyHeader.Name].Count == 0))
            return false;
        if (request.ContentLength == 0 || !CanHaveBody(request))
            return when != Repeat.WithIds;
        if (request.ContentLength is null or > MaxKept)
            return false;
        request.EnableBuffering(bufferThreshold: KeptInMemory, bufferLimit: MaxKept);
        // All of it, before anybody's time is taken: a client that sends slowly is no address that answers slowly.
        await request.Body.CopyToAsync(Stream.Null, request.HttpContext.RequestAborted);
        request.Body.Position = 0;
        if (when != Repeat.WithIds)
            return true;
        var hasIds = await BodyIds.AreThere(request.Body, (int)request.ContentLength, request.HttpContext.RequestAborted);
        request.Body.Position = 0;
        return hasIds;
    }

    /// <summary>Of the client's own body: too large, or too slow.</summary>
    private static BadHttpRequestException? Refusal(Exception? exception) => exception switch
    {
        BadHttpRequestException bad => bad,
        AggregateException several => several.InnerExceptions.Select(Refusal).FirstOrDefault(bad => bad is not null),
        _ => null,
    };

    private static bool CanHaveBody(HttpRequest request) => request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;

    private async Task Explain(HttpContext context, IForwarderErrorFeature error)
    {
        if (error.Error is ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled)
            return;
        if (error.Error is ForwarderError.RequestBodyClient)
        {
            await new Problem(Errors.ForStatus(Refusal(error.Exception)?.StatusCode ?? StatusCodes.Status400BadRequest)).ExecuteAsync(context);
            return;
        }

        var route = context.GetReverseProxyFeature().Route.Config.ClusterId;
        log.LogDebug("{Method} {Path} was not answered by {Service}: {Error}", context.Request.Method, context.Request.Path, route, error.Error);
        ToldLimits.ClearBut(context.Response);
        var problem = error.Error switch
        {
            ForwarderError.RequestTimedOut => GatewayErrors.Timeout,
            ForwarderError.NoAvailableDestinations => Errors.Unavailable,
            _ => GatewayErrors.BadGateway,
        };
        await new Problem(problem) { RetryAfter = TimeSpan.FromSeconds(1) }.ExecuteAsync(context);
    }
}

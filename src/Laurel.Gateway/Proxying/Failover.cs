using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// Sends a request to another address where the first did not answer and nothing can happen twice by it; and says in Laurel's own words
/// what became of one that nobody answered.
/// </summary>
internal sealed class Failover(RetryBudget budget, ILogger<Failover> log)
{
    private const int MaxAttempts = 3;

    /// <summary>A larger body is not kept to be sent again.</summary>
    private const int MaxKept = 1024 * 1024;

    /// <summary>Of a larger one the rest is kept in a file: many who send slowly shall not fill the memory.</summary>
    private const int KeptInMemory = 256 * 1024;

    private readonly ConditionalWeakTable<ClusterModel, ClusterModel> _hasty = [];

    public async Task Run(HttpContext context, Func<Task> next)
    {
        var feature = (ReverseProxyFeature)context.GetReverseProxyFeature();
        var patient = feature.Cluster;
        var request = context.Request;
        budget.Save();
        var repeat = await MayRepeat(request, feature.Route.Config);
        var start = request.Body.CanSeek ? request.Body : null;
        var all = feature.AvailableDestinations;
        for (var attempt = 1; ; attempt++)
        {
            feature.Cluster = attempt == 1 && repeat && all.Count > 1 ? _hasty.GetValue(patient, Hasty) : patient;
            await next();
            var error = context.GetForwarderErrorFeature();
            if (error is null || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                return;

            var tried = feature.ProxiedDestination;
            var others = all.Where(destination => destination != tried).ToList();
            if (attempt == MaxAttempts || tried is null || !(repeat || WasNotSent(error)) || !IsWorthwhile(error, others.Count) || !budget.TrySpend())
            {
                await Explain(context, error);
                return;
            }

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

    /// <summary>The same, with less patience: an address that hangs is left for another one.</summary>
    private static ClusterModel Hasty(ClusterModel patient) => new(
        patient.Config with { HttpRequest = patient.Config.HttpRequest! with { ActivityTimeout = Patience.ForFirstOfSeveral } }, patient.HttpClient);

    /// <summary>Nobody can have seen it: there was no connection to send it on.</summary>
    private static bool WasNotSent(IForwarderErrorFeature error) =>
        error is { Error: ForwarderError.Request, Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } failure }
        && failure.InnerException is SocketException or OperationCanceledException or null;

    /// <summary>One that has been waited for in vain, and has no other, is not waited for again.</summary>
    private static bool IsWorthwhile(IForwarderErrorFeature error, int others) => Breaker.IsItsFault(error) && (others > 0 || error.Error is not ForwarderError.RequestTimedOut);

    private static async Task<bool> MayRepeat(HttpRequest request, Yarp.ReverseProxy.Configuration.RouteConfig route)
    {
        var when = ProxyTable.RepeatOf(route) ?? (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method) ? Repeat.Always : Repeat.WithKey);
        if (when == Repeat.Never || (when == Repeat.WithKey && request.Headers["Idempotency-Key"].Count == 0))
            return false;
        if (request.ContentLength == 0 || !CanHaveBody(request))
            return when != Repeat.WithIds;
        if (request.ContentLength is null or > MaxKept)
            return false;
        request.EnableBuffering(bufferThreshold: KeptInMemory, bufferLimit: MaxKept);
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

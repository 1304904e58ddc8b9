using System.Net.Sockets;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Platform.Http;

/// <summary>
/// Gives every refusal the same form: thrown ones, failures, and the bare status codes of the framework (404, 405, 415, ...).
/// </summary>
internal sealed class ProblemAnswers(RequestDelegate next, ILogger<ProblemAnswers> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception)
        {
            if (Explain(context, exception) is { } problem)
                await Answer(context, problem, exception);
            return;
        }

        var response = context.Response;
        if (response is { StatusCode: >= 400, HasStarted: false, ContentType: null, ContentLength: null } && !HttpMethods.IsHead(context.Request.Method))
            await new Problem(Errors.ForStatus(response.StatusCode)).ExecuteAsync(context);
    }

    /// <summary>Null where nobody is left to answer.</summary>
    private Problem? Explain(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case ProblemException refused:
                return refused.Problem;
            case BadHttpRequestException bad:
                return new Problem(Errors.ForStatus(bad.StatusCode));
            case OperationCanceledException or ConnectionAbortedException or IOException when context.RequestAborted.IsCancellationRequested:
                return null;
            case OverloadedException:
                return new Problem(Errors.Overloaded) { RetryAfter = TimeSpan.FromSeconds(1) };
            case UnavailableException:
            case NpgsqlException { IsTransient: true }:
            case NpgsqlException { InnerException: TimeoutException or SocketException or IOException }:
            case PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable }:
            // It has ended the connection: it stops, somebody ended it, or this process slept too long in a transaction.
            case PostgresException { InvariantSeverity: "FATAL" or "PANIC" }:
                log.LogWarning(exception, "{Method} {Path} could not be served", context.Request.Method, context.Request.Path);
                return new Problem(Errors.Unavailable) { RetryAfter = TimeSpan.FromSeconds(1) };
            default:
                log.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
                return new Problem(Errors.Internal);
        }
    }

    private async Task Answer(HttpContext context, Problem problem, Exception exception)
    {
        if (context.Response.HasStarted)
        {
            log.LogWarning(exception, "{Path} failed when its answer was under way", context.Request.Path);
            context.Abort();
            return;
        }

        Limit.ClearBut(context.Response);
        await problem.ExecuteAsync(context);
    }
}

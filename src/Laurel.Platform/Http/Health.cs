using Laurel.Platform.Access;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Http;

/// <summary>Something without which requests cannot be served, such as a database.</summary>
public sealed class ReadinessCheck(string name, Func<CancellationToken, Task> probe)
{
    private int _isFailing;

    public string Name => name;

    public Func<CancellationToken, Task> Probe => probe;

    /// <summary>It is asked every second by some: an outage must not flood the log.</summary>
    internal bool IsNews(bool isFailing) => Interlocked.Exchange(ref _isFailing, isFailing ? 1 : 0) != (isFailing ? 1 : 0);
}

public sealed record HealthAnswer(string Status, IReadOnlyDictionary<string, string>? Checks = null);

internal static class Health
{
    public static readonly Error NotReady = new(503, "not_ready", "Not ready to serve");

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);
    private static readonly HealthAnswer Alive = new("live");

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("health").WithGroupName("platform").AllowAnyone().Limited(LimitKind.None);
        health.MapGet("/live", () => TypedResults.Ok(Alive)).WithSummary("The process runs");
        health.MapGet("/ready", Ready).WithSummary("The process can serve: its databases answer, and it is not stopping").Answers(NotReady);
    }

    private static async Task<Results<Ok<HealthAnswer>, Problem>> Ready(
        IEnumerable<ReadinessCheck> checks, Draining draining, IHostApplicationLifetime lifetime, ILogger<ReadinessCheck> log, CancellationToken cancellation)
    {
        var results = new Dictionary<string, string>();
        if (draining.HasBegun || lifetime.ApplicationStopping.IsCancellationRequested)
            results["process"] = "stopping";

        foreach (var check in checks)
            results[check.Name] = await Probe(check, log, cancellation);

        return results.Values.All(result => result == "ok")
            ? TypedResults.Ok(new HealthAnswer("ready", results))
            : new Problem(NotReady) { RetryAfter = TimeSpan.FromSeconds(1), Extensions = new Dictionary<string, object?> { ["checks"] = results } };
    }

    private static async Task<string> Probe(ReadinessCheck check, ILogger log, CancellationToken cancellation)
    {
        try
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            bounded.CancelAfter(ProbeTimeout);
            await check.Probe(bounded.Token);
            if (check.IsNews(isFailing: false))
                log.LogInformation("{Check} answers again", check.Name);
            return "ok";
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            // The reason may name hosts and users: it is for the log, not for whoever asks.
            if (check.IsNews(isFailing: true))
                log.LogWarning(exception, "{Check} does not answer", check.Name);
            return "failing";
        }
    }
}

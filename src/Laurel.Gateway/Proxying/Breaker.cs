using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Laurel.Gateway.Proxying;

/// <summary>
/// Opens for an address that fails several times in a row: it gets no requests for a while, and then is tried again. What a service
/// answers is no failure here, whatever its status: only that it cannot be reached, or does not answer.
/// </summary>
internal sealed class Breaker(IDestinationHealthUpdater health, ILogger<Breaker> log) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "Breaker";

    private const int Failures = 3;

    private readonly ConditionalWeakTable<DestinationState, StrongBox<int>> _inARow = [];

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.GetForwarderErrorFeature() is not { } error)
            Volatile.Write(ref InARow(destination).Value, 0);
        else if (IsItsFault(error))
            Failed(cluster, destination);
    }

    public void Failed(ClusterState cluster, DestinationState destination)
    {
        var inARow = InARow(destination);
        if (Interlocked.Increment(ref inARow.Value) < Failures)
            return;
        Volatile.Write(ref inARow.Value, 0);
        log.LogWarning("{Address} of {Service} has failed {Count} times in a row, and is left alone for a moment", destination.Model.Config.Address, cluster.ClusterId, Failures);
        health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod ?? Patience.OfBreaker);
    }

    /// <summary>A client that goes away, or sends a body that breaks off, says nothing about the address.</summary>
    internal static bool IsItsFault(IForwarderErrorFeature error) => error.Error is
        ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.RequestBodyDestination or ForwarderError.ResponseBodyDestination or ForwarderError.ResponseHeaders;

    private StrongBox<int> InARow(DestinationState destination) => _inARow.GetValue(destination, _ => new StrongBox<int>());
}

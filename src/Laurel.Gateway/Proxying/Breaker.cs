using System.Diagnostics;
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

    private readonly ConditionalWeakTable<DestinationState, Record> _records = [];

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.GetForwarderErrorFeature() is not { } error)
            _records.GetOrCreateValue(destination).Answered();
        else if (IsItsFault(error))
            Failed(cluster, destination);
    }

    /// <summary>
    /// It was given up after a while. It is to blame where it has answered nobody meanwhile, and another has: what all of them wait for, or
    /// what only this request does, is no fault of one.
    /// </summary>
    public void GivenUp(ClusterState cluster, DestinationState destination, IEnumerable<DestinationState> all, long since)
    {
        if (!HasAnswered(destination, since) && all.Any(other => HasAnswered(other, since)))
            Failed(cluster, destination);
    }

    private void Failed(ClusterState cluster, DestinationState destination)
    {
        if (!_records.GetOrCreateValue(destination).IsFailedTooOften())
            return;
        log.LogWarning("{Address} of {Service} has failed {Count} times in a row, and is left alone for a moment", destination.Model.Config.Address, cluster.ClusterId, Failures);
        health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod ?? Patience.OfBreaker);
    }

    /// <summary>A client that goes away, or sends a body that breaks off, says nothing about the address.</summary>
    internal static bool IsItsFault(IForwarderErrorFeature error) => error.Error is
        ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.RequestBodyDestination or ForwarderError.ResponseBodyDestination or ForwarderError.ResponseHeaders;

    private bool HasAnswered(DestinationState destination, long since) => _records.GetOrCreateValue(destination).LastAnswer > since;

    /// <summary>Of one address.</summary>
    private sealed class Record
    {
        private long _lastAnswer;
        private int _failuresInARow;

        public long LastAnswer => Volatile.Read(ref _lastAnswer);

        public void Answered()
        {
            Volatile.Write(ref _lastAnswer, Stopwatch.GetTimestamp());
            Volatile.Write(ref _failuresInARow, 0);
        }

        public bool IsFailedTooOften()
        {
            if (Interlocked.Increment(ref _failuresInARow) < Failures)
                return false;
            Volatile.Write(ref _failuresInARow, 0);
            return true;
        }
    }
}

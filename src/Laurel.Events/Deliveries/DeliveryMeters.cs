using System.Diagnostics.Metrics;

namespace Laurel.Events.Deliveries;

/// <summary>What deliveries tell at <c>/metrics</c>.</summary>
internal sealed class DeliveryMeters : IDisposable
{
    private readonly Meter _meter;
    private readonly Histogram<double> _lag;
    private readonly Histogram<double> _duration;
    private readonly Counter<int> _disabled;
    private long _dead;

    public DeliveryMeters(IMeterFactory factory)
    {
        // The factory would end it only with the host.
        _meter = new Meter(new MeterOptions("Laurel.Deliveries") { Scope = factory });
        _lag = _meter.CreateHistogram("laurel.deliveries.lag", "s", "How long after it was due an attempt began.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200] });
        _duration = _meter.CreateHistogram("laurel.deliveries.attempt.duration", "s", "How long attempts took, by what they came to.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] });
        _disabled = _meter.CreateCounter<int>("laurel.webhooks.disabled", "{webhook}", "Endpoints that were switched off since they asked for it, or failed for days.");
        _meter.CreateObservableGauge("laurel.deliveries.dead", () => Interlocked.Read(ref _dead), "{delivery}", "Deliveries whose attempts have all failed: an operator has to decide.");
    }

    public void Began(TimeSpan lag) => _lag.Record(Math.Max(0, lag.TotalSeconds));

    public void Ended(AttemptOutcome outcome, TimeSpan took) => _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome switch
    {
        AttemptOutcome.Delivered => "delivered",
        AttemptOutcome.Accepted => "accepted",
        AttemptOutcome.Failed => "failed",
        AttemptOutcome.Refused => "refused",
    }));

    public void Disabled() => _disabled.Add(1);

    public void Dead(long count) => Interlocked.Exchange(ref _dead, count);

    public void Dispose() => _meter.Dispose();
}

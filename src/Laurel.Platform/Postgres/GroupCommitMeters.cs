using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Laurel.Platform.Postgres;

internal enum BatchStep
{
    Wait,
    Run,
    Commit,
}

/// <summary>What one pipeline tells at <c>/metrics</c>.</summary>
internal sealed class GroupCommitMeters : IDisposable
{
    private readonly KeyValuePair<string, object?> _pipeline;
    private readonly Meter _meter;
    private readonly Histogram<int> _size;
    private readonly Histogram<double> _duration;
    private readonly Counter<int> _failures;
    private readonly Counter<int> _repeats;

    public GroupCommitMeters(IMeterFactory factory, string name, Func<int> waiting)
    {
        _pipeline = new("pipeline", name);
        // The factory would share one meter among all pipelines, and it could not end with its own.
        _meter = new Meter(new MeterOptions("Laurel.Pipelines") { Scope = factory });
        _size = _meter.CreateHistogram("laurel.pipeline.batch.size", "{item}", "Items in one transaction.", null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000] });
        _duration = _meter.CreateHistogram("laurel.pipeline.step.duration", "s",
            "How long an item waits in the queue, and a batch for its statements and for its COMMIT.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
        _failures = _meter.CreateCounter<int>("laurel.pipeline.failures", "{item}", "Items that got no result, by kind.");
        _repeats = _meter.CreateCounter<int>("laurel.pipeline.repeats", "{batch}", "Batches begun again after a conflict with another transaction.");
        _meter.CreateObservableUpDownCounter("laurel.pipeline.queue.depth", () => new Measurement<int>(waiting(), _pipeline), "{item}",
            "Items that wait for a transaction.");
    }

    public void Dispose() => _meter.Dispose();

    public void Took(BatchStep step, long since) => _duration.Record(Stopwatch.GetElapsedTime(since).TotalSeconds, _pipeline, new("step", step switch
    {
        BatchStep.Wait => "wait",
        BatchStep.Run => "run",
        BatchStep.Commit => "commit",
    }));

    public void Committed(int items) => _size.Record(items, _pipeline);

    public void Failed(string kind, int items) => _failures.Add(items, _pipeline, new("kind", kind));

    public void Repeated() => _repeats.Add(1, _pipeline);
}

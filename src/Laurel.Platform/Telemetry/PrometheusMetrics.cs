using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Telemetry;

/// <summary>
/// Gathers the process's meters and writes them in Prometheus' text exposition format 0.0.4.
/// </summary>
/// <remarks>
/// Several hosts can live in one process (tests do it). A meter that was made by a host's <see cref="IMeterFactory"/> is
/// counted for that host alone: ASP.NET Core's, Kestrel's and Laurel's own. Npgsql's and the runtime's meters are static,
/// they belong to the process, and every host shows them.
/// </remarks>
public sealed class PrometheusMetrics : IDisposable
{
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly Lock _scrape = new();
    private readonly IMeterFactory _factory;
    private readonly ILogger<PrometheusMetrics> _logger;

    public PrometheusMetrics(IMeterFactory factory, ILogger<PrometheusMetrics> logger)
    {
        _factory = factory;
        _logger = logger;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsWanted(instrument.Meter) && FamilyOf(instrument) is { } family)
                listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) =>
            ((MetricFamily)family!).Record((double)value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Writes what has been measured so far; observable instruments are asked now.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        lock (_scrape)
        {
            foreach (var family in _families.Values.Where(family => family.IsObserved))
                family.Forget();
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException failures)
            {
                // The listener has asked all the others by now: one broken instrument must not hide them.
                _logger.LogWarning(failures, "{Count} observable instruments failed.", failures.InnerExceptions.Count);
            }
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
                family.Write(output);
        }
    }

    public override string ToString()
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private bool IsWanted(Meter meter) =>
        (meter.Scope is null || ReferenceEquals(meter.Scope, _factory))
        && (meter.Name is "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.Server.Kestrel" or "Npgsql" or "System.Runtime"
            || meter.Name.StartsWith("Laurel.", StringComparison.Ordinal));

    /// <summary>
    /// Instruments that come out under one name share one family, since the format allows a name once.
    /// One of another kind has no place there and stays silent; that is a mistake in a program, so it is logged.
    /// </summary>
    private MetricFamily? FamilyOf(Instrument instrument)
    {
        if (MetricFamily.For(instrument) is not { } wanted)
            return null;
        var family = _families.GetOrAdd(wanted.Name, wanted);
        if (family.Kind == wanted.Kind && family.IsObserved == wanted.IsObserved)
            return family;
        _logger.LogWarning("The instrument {Instrument} of {Meter} is not shown: {Name} is taken by one of another kind.",
            instrument.Name, instrument.Meter.Name, wanted.Name);
        return null;
    }
}

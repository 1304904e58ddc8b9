using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Laurel.Platform.Telemetry;

internal enum MetricKind
{
    Counter,
    UpDownCounter,
    Gauge,
    Histogram,
}

/// <summary>All series of one metric name.</summary>
internal sealed class MetricFamily(string name, MetricKind kind, bool isObserved, string? help, double[] bounds)
{
    /// <summary>More label combinations than these come together in one overflow series, so that no caller can fill the memory.</summary>
    internal const int MaxSeries = 1_000;

    /// <summary>One series can be reported with its tags in several orders, each of which has an entry of its own.</summary>
    private const int MaxTagEntries = 2 * MaxSeries;

    private static readonly double[] SecondsBounds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] OtherBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

    private readonly Lock _adding = new();
    private readonly Dictionary<string, MetricSeries> _byLabels = [];
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _byTags = new(TagComparer.Instance);
    private int _tagEntries;

    public string Name => name;

    public MetricKind Kind => kind;

    public bool IsObserved => isObserved;

    public static MetricFamily? For(Instrument instrument)
    {
        var type = instrument.GetType();
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        MetricKind? kind = definition switch
        {
            _ when definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>) => MetricKind.Counter,
            _ when definition == typeof(UpDownCounter<>) || definition == typeof(ObservableUpDownCounter<>) => MetricKind.UpDownCounter,
            _ when definition == typeof(Gauge<>) || definition == typeof(ObservableGauge<>) => MetricKind.Gauge,
            _ when definition == typeof(Histogram<>) => MetricKind.Histogram,
            _ => null,
        };
        return kind is null
            ? null
            : new MetricFamily(PrometheusText.MetricName(instrument.Name, instrument.Unit, kind.Value), kind.Value,
                instrument.IsObservable, instrument.Description, kind is MetricKind.Histogram ? BoundsOf(instrument) : []);
    }

    /// <summary>The hot path: allocates nothing once the series exists.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _byTags.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>().TryGetValue(tags, out var known)
            ? known
            : Add(tags);
        switch (kind)
        {
            case MetricKind.Gauge:
                series.Set(value);
                break;
            // A sum that has taken in one NaN never recovers, and a counter that falls looks like a restart.
            case MetricKind.Counter when double.IsFinite(value) && value >= 0:
            case MetricKind.UpDownCounter when double.IsFinite(value):
                series.Add(value);
                break;
            case MetricKind.Histogram when double.IsFinite(value):
                series.Add(value);
                series.Count(BucketOf(value));
                break;
        }
    }

    /// <summary>An observable instrument tells everything at each scrape: what it no longer tells is gone.</summary>
    public void Forget()
    {
        lock (_adding)
        {
            _byLabels.Clear();
            _byTags.Clear();
            _tagEntries = 0;
        }
    }

    public void Write(IBufferWriter<byte> output)
    {
        MetricSeries[] series;
        lock (_adding)
            series = [.. _byLabels.Values];
        if (series.Length == 0)
            return;
        Array.Sort(series, static (a, b) => string.CompareOrdinal(a.Labels, b.Labels));

        if (!string.IsNullOrEmpty(help))
            PrometheusText.WriteLine(output, $"# HELP {name} {PrometheusText.EscapeHelp(help)}");
        PrometheusText.WriteLine(output, $"# TYPE {name} {TypeName}");
        foreach (var one in series)
        {
            if (kind is MetricKind.Histogram)
                WriteHistogram(output, one);
            else
                PrometheusText.WriteSample(output, name, one.Labels, one.Value);
        }
    }

    private string TypeName => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.UpDownCounter or MetricKind.Gauge => "gauge",
        MetricKind.Histogram => "histogram",
    };

    private void WriteHistogram(IBufferWriter<byte> output, MetricSeries series)
    {
        // The count is the sum of the buckets, so that both always agree while others go on recording.
        var count = 0L;
        for (var i = 0; i <= bounds.Length; i++)
        {
            count += series.InBucket(i);
            var bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            var labels = series.Labels.Length == 0 ? $"le=\"{bound}\"" : $"{series.Labels},le=\"{bound}\"";
            PrometheusText.WriteSample(output, name + "_bucket", labels, count);
        }
        PrometheusText.WriteSample(output, name + "_sum", series.Labels, series.Value);
        PrometheusText.WriteSample(output, name + "_count", series.Labels, count);
    }

    private MetricSeries Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.Labels(tags);
        lock (_adding)
        {
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                if (_byLabels.Count >= MaxSeries)
                    labels = PrometheusText.OverflowLabels;
                if (!_byLabels.TryGetValue(labels, out series))
                    _byLabels.Add(labels, series = new MetricSeries(labels, bounds.Length));
            }
            if (_tagEntries < MaxTagEntries && _byTags.TryAdd(tags.ToArray(), series))
                _tagEntries++;
            return series;
        }
    }

    private int BucketOf(double value)
    {
        var i = 0;
        while (i < bounds.Length && value > bounds[i])
            i++;
        return i;
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<byte> h => Advised(h.Advice),
            Histogram<short> h => Advised(h.Advice),
            Histogram<int> h => Advised(h.Advice),
            Histogram<long> h => Advised(h.Advice),
            Histogram<float> h => Advised(h.Advice),
            Histogram<double> h => Advised(h.Advice),
            Histogram<decimal> h => Advised(h.Advice),
            _ => null,
        };
        return advised ?? (instrument.Unit == "s" ? SecondsBounds : OtherBounds);
    }

    private static double[]? Advised<T>(InstrumentAdvice<T>? advice) where T : struct, IConvertible =>
        advice?.HistogramBucketBoundaries is { } bounds
            ? [.. bounds.Select(bound => bound.ToDouble(CultureInfo.InvariantCulture))]
            : null;

    /// <summary>Finds a series by the tags as they were given, without making anything.</summary>
    private sealed class TagComparer
        : IEqualityComparer<KeyValuePair<string, object?>[]>,
            IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagComparer Instance = new();

        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) => Equals(x.AsSpan(), y!);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, KeyValuePair<string, object?>[] other)
        {
            if (alternate.Length != other.Length)
                return false;
            for (var i = 0; i < other.Length; i++)
            {
                if (alternate[i].Key != other[i].Key || !Equals(alternate[i].Value, other[i].Value))
                    return false;
            }
            return true;
        }

        public int GetHashCode(KeyValuePair<string, object?>[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            // The values alone tell the series of one instrument apart; hashing the keys as well would double the cost.
            var hash = new HashCode();
            foreach (var tag in alternate)
                hash.Add(tag.Value);
            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => alternate.ToArray();
    }
}

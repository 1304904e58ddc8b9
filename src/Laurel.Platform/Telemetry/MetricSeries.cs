namespace Laurel.Platform.Telemetry;

/// <summary>One metric under one set of labels: a value, and for a histogram (whose value is the sum) its buckets.</summary>
internal sealed class MetricSeries(string labels, int bounds)
{
    private readonly long[] _buckets = new long[bounds + 1];
    private double _value;

    public string Labels => labels;

    public double Value => Volatile.Read(ref _value);

    public void Set(double measured) => Volatile.Write(ref _value, measured);

    public void Add(double measured)
    {
        while (true)
        {
            var before = Volatile.Read(ref _value);
            var found = Interlocked.CompareExchange(ref _value, before + measured, before);
            if (BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(before))
                return;
        }
    }

    public void Count(int bucket) => Interlocked.Increment(ref _buckets[bucket]);

    public long InBucket(int bucket) => Volatile.Read(ref _buckets[bucket]);
}

using System.Numerics;

namespace Laurel.Bench;

/// <summary>
/// Latencies in fixed buckets: one for each microsecond at first, then 128 for each power of two, so that no value is off by more
/// than 1 %. Recording is one increment, from any thread.
/// </summary>
internal sealed class Histogram
{
    private const int SubBits = 7;
    private const int SubBuckets = 1 << SubBits;
    private static readonly long Longest = (long)TimeSpan.FromHours(1).TotalMicroseconds;

    private readonly long[] _counts = new long[Bucket(Longest) + 1];
    private long _total;

    public long Count => Interlocked.Read(ref _total);

    public void Record(TimeSpan latency)
    {
        Interlocked.Increment(ref _counts[Bucket(Math.Clamp((long)latency.TotalMicroseconds, 0, Longest))]);
        Interlocked.Increment(ref _total);
    }

    /// <summary>The latency that this share of all requests did not exceed; zero when nothing was recorded.</summary>
    public TimeSpan Percentile(double percent)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Count * percent / 100));
        long seen = 0;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank)
                return TimeSpan.FromMicroseconds(Highest(bucket));
        }

        return TimeSpan.Zero;
    }

    private static int Bucket(long microseconds)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)microseconds) - SubBits);
        return (shift * SubBuckets) + (int)(microseconds >> shift);
    }

    private static long Highest(int bucket)
    {
        var shift = Math.Max(0, (bucket / SubBuckets) - 1);
        return ((bucket - (shift * SubBuckets) + 1L) << shift) - 1;
    }
}

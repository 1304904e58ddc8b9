using Laurel.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Laurel.Platform.Limits;

/// <summary>For whoever answers anew after an attempt has failed.</summary>
public static class ToldLimits
{
    /// <inheritdoc cref="Limit.ClearBut"/>
    public static void ClearBut(HttpResponse response) => Limit.ClearBut(response);
}

/// <summary>One limit with a name, the buckets of all it is for, and how it is told (draft-ietf-httpapi-ratelimit-headers).</summary>
internal sealed class Limit
{
    public const string PolicyHeader = "RateLimit-Policy";
    public const string LevelHeader = "RateLimit";

    private const int MaxPrepared = 1_024;

    private readonly TimeProvider _time;
    private readonly BucketTable _buckets;
    private readonly StringValues _policy;

    // What is told most of the time, written once.
    private readonly string?[] _nextInOneSecond;

    private Limit(string name, int burst, double perSecond, TimeProvider time)
    {
        Name = name;
        _time = time;
        _buckets = new BucketTable(new BucketRate(burst, perSecond, time.TimestampFrequency));
        _policy = FormattableString.Invariant($"\"{name}\";q={burst};w={Math.Max(1, (long)Math.Ceiling(burst / perSecond))}");
        _nextInOneSecond = new string?[Math.Min(burst, MaxPrepared)];
    }

    public string Name { get; }

    /// <summary>Null where there is no limit.</summary>
    public static Limit? Of(string name, int burst, double perSecond, TimeProvider time) =>
        burst == 0 || perSecond == 0 ? null : new Limit(name, burst, perSecond, time);

    public BucketLevel Take(UInt128 key) => _buckets.Take(key, _time.GetTimestamp());

    public void GiveBack(UInt128 key) => _buckets.GiveBack(key);

    public void Tell(IHeaderDictionary headers, BucketLevel level)
    {
        headers[PolicyHeader] = _policy;
        headers[LevelHeader] = Told(level.Left, Seconds(level));
    }

    /// <summary>Clears an answer of all but what it tells of limits: it was counted, whatever came of it.</summary>
    public static void ClearBut(HttpResponse response)
    {
        var (policy, level) = (response.Headers[PolicyHeader], response.Headers[LevelHeader]);
        response.Clear();
        if (level.Count == 0)
            return;
        response.Headers[PolicyHeader] = policy;
        response.Headers[LevelHeader] = level;
    }

    public static void Untell(IHeaderDictionary headers)
    {
        headers.Remove(PolicyHeader);
        headers.Remove(LevelHeader);
    }

    public Problem Refusal(BucketLevel level) => new(Errors.TooManyRequests)
    {
        Detail = $"This is more than the limit '{Name}' allows.",
        RetryAfter = TimeSpan.FromSeconds(Seconds(level)),
    };

    private string Told(int left, long seconds)
    {
        if (seconds != 1 || left >= _nextInOneSecond.Length)
            return Write(left, seconds);
        return _nextInOneSecond[left] ??= Write(left, seconds);
    }

    private string Write(int left, long seconds) => FormattableString.Invariant($"\"{Name}\";r={left};t={seconds}");

    /// <summary>Until there is one more, rounded up: whoever waits as long as it says is let through.</summary>
    private long Seconds(BucketLevel level) => (level.NextIn + _time.TimestampFrequency - 1) / _time.TimestampFrequency;
}

namespace Laurel.Platform.Limits;

/// <summary>What a bucket holds now.</summary>
/// <param name="Taken">Whether there was a token.</param>
/// <param name="Left">Whole tokens that are left.</param>
/// <param name="NextIn">Ticks of the clock until there is one more.</param>
internal readonly record struct BucketLevel(bool Taken, int Left, long NextIn);

/// <summary>
/// The rule of a token bucket that holds <see cref="Burst"/> tokens and gains some each second. A bucket is one number: the moment
/// at which it will be full again (the generic cell rate algorithm). So it needs no refilling, and one that is full can be forgotten:
/// a new one is the same.
/// </summary>
internal sealed class BucketRate
{
    private readonly long _perToken;
    private readonly long _span;

    /// <param name="burst">How many tokens it holds.</param>
    /// <param name="perSecond">How many it gains.</param>
    /// <param name="frequency">Ticks of the clock in a second.</param>
    public BucketRate(int burst, double perSecond, long frequency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        Burst = burst;
        _perToken = Math.Max(1, (long)Math.Ceiling(frequency / perSecond));
        _span = checked(burst * _perToken);
    }

    public int Burst { get; }

    public static bool IsFull(long fullAt, long now) => fullAt <= now;

    /// <summary>
    /// What it can be at most. A clock that went back leaves moments further ahead than an empty bucket's: it is empty then, and refills
    /// from now on. Without this its owner would be locked out for as long as the clock went back.
    /// </summary>
    public long Bounded(long fullAt, long now) => Math.Min(fullAt, now + _span);

    /// <summary>One that is refused costs nothing: whoever tries while waiting does not wait longer.</summary>
    public BucketLevel Take(ref long fullAt, long now)
    {
        var from = Math.Max(Bounded(fullAt, now), now);
        var taken = now + _span - from >= _perToken;
        fullAt = taken ? from + _perToken : from;
        var (left, part) = Math.DivRem(now + _span - fullAt, _perToken);
        return new BucketLevel(taken, (int)left, _perToken - part);
    }

    public void GiveBack(ref long fullAt) => fullAt -= _perToken;
}

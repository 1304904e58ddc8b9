namespace Laurel.Gateway.Proxying;

/// <summary>
/// How many requests to one service may be sent a second time: a tenth of all, and a few besides, so that retries cannot multiply an outage.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>In tenths of a retry.</summary>
    private const long Most = 1_000;

    private const long Cost = 10;

    private long _saved = Most;

    /// <summary>A request came.</summary>
    public void Save()
    {
        if (Volatile.Read(ref _saved) < Most)
            Interlocked.Increment(ref _saved);
    }

    public bool TrySpend()
    {
        if (Interlocked.Add(ref _saved, -Cost) >= 0)
            return true;
        Return();
        return false;
    }

    /// <summary>What was spent was not needed.</summary>
    public void Return() => Interlocked.Add(ref _saved, Cost);
}

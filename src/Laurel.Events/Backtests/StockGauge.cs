namespace Laurel.Events.Backtests;

/// <summary>
/// Finds the moment of the last of a number of completions, which come in any order, one user's after the other's. It holds no more of
/// them than there is stock, so a small stock is known to the instant; a large one is counted by the minute.
/// </summary>
internal sealed class StockGauge
{
    /// <summary>As many instants are held apart at most.</summary>
    public const int Exact = 10_000;

    private readonly long _limit;
    private readonly long _step;
    private readonly Dictionary<long, long> _counts = [];
    private readonly PriorityQueue<long, long> _latest = new();
    private long _held;

    public StockGauge(long limit) => (_limit, _step) = (limit, limit <= Exact ? 1 : TimeSpan.TicksPerMinute);

    /// <summary>When the last one went; null where some are left.</summary>
    public DateTimeOffset? RunsOutAt => _limit > 0 && _held >= _limit ? new DateTimeOffset(_latest.Peek(), TimeSpan.Zero) : null;

    public void Add(DateTimeOffset at) => Add(at.UtcTicks - (at.UtcTicks % _step), 1);

    /// <summary>What it holds, to go on from elsewhere: instants and how many completions each has.</summary>
    public Dictionary<long, long> Save() => _counts;

    public static StockGauge Load(long limit, Dictionary<long, long> saved)
    {
        var gauge = new StockGauge(limit);
        foreach (var (at, count) in saved)
            gauge.Add(at, count);
        return gauge;
    }

    private void Add(long at, long count)
    {
        if (_limit == 0)
            return;
        if (_counts.TryGetValue(at, out var before))
            _counts[at] = before + count;
        // Later than the one that takes the last: it changes nothing.
        else if (_held >= _limit && at > _latest.Peek())
            return;
        else
            Hold(at, count);
        _held += count;
        while (_held - _counts[_latest.Peek()] >= _limit)
        {
            _counts.Remove(_latest.Dequeue(), out var late);
            _held -= late;
        }
    }

    private void Hold(long at, long count)
    {
        _counts.Add(at, count);
        _latest.Enqueue(at, -at);
    }
}

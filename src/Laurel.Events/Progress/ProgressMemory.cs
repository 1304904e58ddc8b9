namespace Laurel.Events.Progress;

/// <summary>
/// The rows that one shard has written or read lately, so that it can fold into them without reading them. Another process may have
/// changed them since: the guard of the write tells, and a fold that changes nothing has its row looked up all the same.
/// Rows leave in the order in which they came.
/// </summary>
/// <param name="capacity">How many rows may be held, where none is larger than <see cref="UsualBytes"/>; a larger one counts for several.</param>
internal sealed class ProgressMemory(int capacity)
{
    private const int UsualBytes = 256;

    /// <summary>Null where a row has been forgotten that keeps its place in the order.</summary>
    private readonly Dictionary<ProgressKey, ProgressRow?> _rows = [];
    private readonly Queue<ProgressKey> _order = [];
    private int _held;

    public ProgressRow? Find(ProgressKey key) => _rows.GetValueOrDefault(key);

    public void Keep(ProgressKey key, ProgressRow row)
    {
        if (capacity == 0)
            return;
        if (_rows.TryGetValue(key, out var before))
            _held -= Weight(before);
        else
            _order.Enqueue(key);
        _rows[key] = row;
        _held += Weight(row);

        while (_held > capacity)
        {
            _rows.Remove(_order.Dequeue(), out var oldest);
            _held -= Weight(oldest);
        }
    }

    public void Forget(ProgressKey key)
    {
        if (!_rows.TryGetValue(key, out var row))
            return;
        _held += Weight(null) - Weight(row);
        _rows[key] = null;
    }

    /// <summary>A forgotten one still has its place.</summary>
    private static int Weight(ProgressRow? row) => 1 + (row?.State.Length ?? 0) / UsualBytes;
}

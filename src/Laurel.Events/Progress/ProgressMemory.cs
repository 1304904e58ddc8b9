namespace Laurel.Events.Progress;

/// <summary>
/// The rows that one shard has written or read lately, so that it can fold into them without reading them. Another process may have
/// changed them since: the guard of the write tells, and a fold that changes nothing has its row looked up all the same.
/// Rows leave in the order in which they came.
/// </summary>
internal sealed class ProgressMemory(int capacity)
{
    private readonly Dictionary<ProgressKey, ProgressRow> _rows = [];
    private readonly Queue<ProgressKey> _order = [];

    public int Count => _rows.Count;

    public ProgressRow? Find(ProgressKey key) => _rows.GetValueOrDefault(key);

    public void Keep(ProgressKey key, ProgressRow row)
    {
        if (capacity == 0)
            return;
        if (!_rows.TryAdd(key, row))
        {
            _rows[key] = row;
            return;
        }

        _order.Enqueue(key);
        if (_order.Count > capacity)
            _rows.Remove(_order.Dequeue());
    }

    /// <summary>The key stays in the order; its row is read anew when it is next needed.</summary>
    public void Forget(ProgressKey key) => _rows.Remove(key);
}

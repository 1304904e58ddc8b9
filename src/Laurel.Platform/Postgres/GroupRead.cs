namespace Laurel.Platform.Postgres;

/// <summary>
/// Answers many callers who each want one row with few queries: while one query is in the database the next callers gather, and
/// one query then reads for all of them. The twin of <see cref="GroupCommit{TItem, TResult}"/> for reading: no timer, no cache, and
/// at low load a query is for one.
/// <para>
/// A query begins after its callers have asked, so each of them sees whatever was committed before it asked.
/// </para>
/// </summary>
/// <param name="read">Reads the rows of these keys; a key without a row is left out. Keys are distinct.</param>
public sealed class GroupRead<TKey, TValue>(Func<TKey[], Task<Dictionary<TKey, TValue>>> read)
    where TKey : notnull
    where TValue : class
{
    private const int Lanes = 2;
    private const int MaxBatch = 500;
    private const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _queue = new();
    private int _busyLanes;

    /// <summary>The key's row, or null where there is none. A caller who stops waiting stops nobody else.</summary>
    /// <exception cref="OverloadedException">Too many wait already.</exception>
    public Task<TValue?> Get(TKey key, CancellationToken caller)
    {
        var waiting = new Waiting(key);
        lock (_gate)
        {
            if (_queue.Count >= Capacity)
                throw new OverloadedException("Too many reads wait.");
            _queue.Enqueue(waiting);
            if (_busyLanes == Lanes)
                return waiting.Task.WaitAsync(caller);
            _busyLanes++;
        }

        _ = Task.Run(Run, CancellationToken.None);
        return waiting.Task.WaitAsync(caller);
    }

    private async Task Run()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var found = await read([.. batch.Select(waiting => waiting.Key).Distinct()]);
                foreach (var waiting in batch)
                    waiting.TrySetResult(found.GetValueOrDefault(waiting.Key));
            }
            catch (Exception exception)
            {
                foreach (var waiting in batch)
                    waiting.TrySetException(exception);
            }
        }
    }

    /// <summary>All that wait, within the bound. With none left the lane is free again.</summary>
    private List<Waiting> Take()
    {
        lock (_gate)
        {
            var batch = new List<Waiting>(Math.Min(_queue.Count, MaxBatch));
            while (batch.Count < MaxBatch && _queue.TryDequeue(out var waiting))
                batch.Add(waiting);
            if (batch.Count == 0)
                _busyLanes--;
            return batch;
        }
    }

    private sealed class Waiting(TKey key) : TaskCompletionSource<TValue?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TKey Key => key;
    }
}

using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// What a <see cref="GroupCommit{TItem,TResult}"/> does with a batch. Each shard has a handler of its own, which is called
/// for one thing at a time; so it may keep rows in memory without locks.
/// </summary>
public interface IBatchHandler<TItem, TResult>
{
    /// <summary>
    /// Does the work of all items inside of the transaction that is open on this connection, and returns one result for each,
    /// in their order. It can be called again for the same items, and for a part of them.
    /// </summary>
    Task<IReadOnlyList<TResult>> Run(NpgsqlConnection connection, IReadOnlyList<TItem> batch);

    /// <summary>The transaction of the last <see cref="Run"/> is committed, and nobody has been answered yet.</summary>
    void Committed(IReadOnlyList<TItem> batch, IReadOnlyList<TResult> results)
    {
    }

    /// <summary>
    /// The transaction of the last <see cref="Run"/> did not commit, or nobody knows whether it did: what is held in memory
    /// about these items may be wrong.
    /// </summary>
    void Failed(IReadOnlyList<TItem> batch)
    {
    }
}

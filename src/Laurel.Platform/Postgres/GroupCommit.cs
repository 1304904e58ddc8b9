using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// Runs the work of many callers in few transactions: while one batch is in the database the next one gathers, and takes
/// all that waits. There is no timer and no added latency: at low load a batch is one item. Callers are answered only after
/// COMMIT.
/// </summary>
/// <remarks>
/// What goes wrong, and who hears of it:
/// <list type="bullet">
/// <item>Bad data (SQLSTATE 22, 23; also when it shows at COMMIT only): the batch is halved until the item stands alone, and
/// that caller gets the <see cref="PostgresException"/>. Its neighbours succeed.</item>
/// <item>A conflict with another transaction (40001, 40P01), or a handler that asks for it by a
/// <see cref="RepeatBatchException"/>: the batch is run again, at most three times; then its
/// halves are, and their halves. An item that stands alone and still meets one gets an <see cref="UnavailableException"/>.</item>
/// <item>Anything else in the database, a connection lost during COMMIT above all: the whole batch gets an
/// <see cref="UnavailableException"/> at once. Nothing is tried again: an outage must not be multiplied.</item>
/// <item>A handler that throws something else, returns a wrong number of results or hides an error of the database: the batch is
/// halved as well, for it may be one item that the handler cannot bear, such as a row that a newer version has written. Whoever stands
/// alone with it gets an <see cref="InvalidOperationException"/>.</item>
/// <item>A full queue: the caller gets an <see cref="OverloadedException"/> at once.</item>
/// </list>
/// </remarks>
public sealed class GroupCommit<TItem, TResult> : IAsyncDisposable
{
    private readonly string _name;
    private readonly Func<TItem, int>? _shardBy;
    private readonly GroupCommitMeters _meters;
    private readonly GroupCommitShard<TItem, TResult>[] _shards;
    private volatile bool _isClosing;

    /// <param name="options">Its name and its bounds.</param>
    /// <param name="database">Stays its owner's.</param>
    /// <param name="makeHandler">Called once for each shard.</param>
    /// <param name="meterFactory">The host's, to which the meters belong.</param>
    /// <param name="logger">Hears of outages and of bugs.</param>
    /// <param name="shardBy">A hash of what must not be worked on side by side; needed when there are several shards.</param>
    /// <param name="weigh">How much work an item is, where they differ: at least 1.</param>
    public GroupCommit(GroupCommitOptions options, NpgsqlDataSource database, Func<IBatchHandler<TItem, TResult>> makeHandler,
        IMeterFactory meterFactory, ILogger logger, Func<TItem, int>? shardBy = null,
        Func<TItem, int>? weigh = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBatch, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Shards, 1, nameof(options));
        if (options.Shards > 1)
            ArgumentNullException.ThrowIfNull(shardBy);
        _name = options.Name;
        _shardBy = shardBy;
        _meters = new GroupCommitMeters(meterFactory, _name, () => _shards?.Sum(shard => shard.Waiting) ?? 0);
        _shards = [.. Enumerable.Range(0, options.Shards).Select(_ =>
            new GroupCommitShard<TItem, TResult>(options, database, makeHandler(), weigh ?? (static _ => 1), _meters, logger))];
    }

    /// <summary>
    /// The item's result, once it is committed. When the caller stops waiting, the item's fate is settled all the same.
    /// </summary>
    public Task<TResult> Submit(TItem item, CancellationToken caller)
    {
        if (caller.IsCancellationRequested)
            return Task.FromCanceled<TResult>(caller);
        var waiting = new WaitingItem<TItem, TResult>(item, Stopwatch.GetTimestamp());
        if (!ShardOf(item).TryAdd(waiting))
            return Task.FromException<TResult>(Refusal());
        return caller.CanBeCanceled ? waiting.Task.WaitAsync(caller) : waiting.Task;
    }

    /// <summary>Refuses new items, and returns when all that were accepted are answered.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosing = true;
        await Task.WhenAll(_shards.Select(shard => shard.Drain()));
        _meters.Dispose();
    }

    private GroupCommitShard<TItem, TResult> ShardOf(TItem item) =>
        _shardBy is null ? _shards[0] : _shards[(uint)_shardBy(item) % (uint)_shards.Length];

    private UnavailableException Refusal()
    {
        if (_isClosing)
            return new UnavailableException($"The pipeline {_name} is shutting down.");
        _meters.Failed("overloaded", 1);
        return new OverloadedException($"The queue of the pipeline {_name} is full.");
    }
}

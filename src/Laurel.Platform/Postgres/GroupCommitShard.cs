using System.Data.Common;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>One item and its caller, whose code never runs on the loop that answers it.</summary>
internal sealed class WaitingItem<TItem, TResult>(TItem item, long since)
    : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public TItem Item => item;

    public long Since => since;

    public void Fail(Exception failure)
    {
        if (TrySetException(failure))
        {
            // A caller that has gone will never look at the failure; the runtime shall not report it as forgotten.
            _ = Task.Exception;
        }
    }
}

/// <summary>A queue and the loop that works it off, one transaction after the other.</summary>
internal sealed class GroupCommitShard<TItem, TResult>
{
    private const int MaxRepeats = 3;
    private const int MaxBrokenInARow = 8;

    private readonly GroupCommitOptions _options;
    private readonly NpgsqlDataSource _database;
    private readonly IBatchHandler<TItem, TResult> _handler;
    private readonly Func<TItem, int> _weigh;
    private readonly GroupCommitMeters _meters;
    private readonly ILogger _logger;
    private readonly Channel<WaitingItem<TItem, TResult>> _queue;
    private readonly Task _loop;
    private int _waiting;
    private bool _isDown;

    public GroupCommitShard(GroupCommitOptions options, NpgsqlDataSource database, IBatchHandler<TItem, TResult> handler,
        Func<TItem, int> weigh, GroupCommitMeters meters, ILogger logger)
    {
        _options = options;
        _database = database;
        _handler = handler;
        _weigh = weigh;
        _meters = meters;
        _logger = logger;
        _queue = Channel.CreateUnbounded<WaitingItem<TItem, TResult>>(new UnboundedChannelOptions { SingleReader = true });
        _loop = Task.Run(Work);
    }

    /// <summary>The weight of what waits. It, not the queue, is what bounds the memory.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public bool TryAdd(WaitingItem<TItem, TResult> waiting)
    {
        var weight = _weigh(waiting.Item);
        var sum = Interlocked.Add(ref _waiting, weight);
        // An item that weighs more than the whole queue may hold finds its turn when nothing else waits.
        if ((sum <= _options.Capacity || sum == weight) && _queue.Writer.TryWrite(waiting))
            return true;
        Interlocked.Add(ref _waiting, -weight);
        return false;
    }

    public Task Drain()
    {
        _queue.Writer.TryComplete();
        return _loop;
    }

    private async Task Work()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            var batch = TakeAll();
            try
            {
                await Settle(batch);
            }
#pragma warning disable CA1031 // Whatever happens, the loop lives and nobody is left without an answer.
            catch (Exception bug)
#pragma warning restore CA1031
            {
                FailAsBroken(batch, bug);
            }
        }
    }

    private WaitingItem<TItem, TResult>[] TakeAll()
    {
        var batch = new List<WaitingItem<TItem, TResult>>();
        var weight = 0;
        while (_queue.Reader.TryPeek(out var next) && (batch.Count == 0 || weight + _weigh(next.Item) <= _options.MaxBatch))
        {
            // This is the only reader: what has been seen is there.
            _queue.Reader.TryRead(out _);
            batch.Add(next);
            weight += _weigh(next.Item);
            _meters.Took(BatchStep.Wait, next.Since);
        }
        Interlocked.Add(ref _waiting, -weight);
        return [.. batch];
    }

    /// <summary>Runs the batch, or its halves and their halves, in order, until each item has its answer.</summary>
    private async Task Settle(WaitingItem<TItem, TResult>[] batch)
    {
        var items = Array.ConvertAll(batch, waiting => waiting.Item);
        var parts = new Stack<(int Start, int Count)>();
        var brokenInARow = 0;
        parts.Push((0, batch.Length));
        while (parts.TryPop(out var part))
        {
            var waiting = new ArraySegment<WaitingItem<TItem, TResult>>(batch, part.Start, part.Count);
            var attempt = await RunToTheEnd(new ArraySegment<TItem>(items, part.Start, part.Count));
            switch (attempt.Fate)
            {
                case Fate.Committed:
                    brokenInARow = 0;
                    for (var i = 0; i < waiting.Count; i++)
                        waiting[i].TrySetResult(attempt.Results![i]);
                    break;
                case Fate.Poisoned or Fate.TooLarge or Fate.Conflict or Fate.Broken when part.Count > 1:
                    var half = part.Count / 2;
                    parts.Push((part.Start + half, part.Count - half));
                    parts.Push((part.Start, half));
                    break;
                case Fate.TooLarge:
                    waiting[0].Fail(attempt.Failure!);
                    break;
                case Fate.Poisoned:
                    _meters.Failed("poisoned", 1);
                    waiting[0].Fail(attempt.Failure!);
                    break;
                case Fate.Conflict:
                    FailAsUnavailable(waiting, attempt.Failure!);
                    break;
                case Fate.Broken when ++brokenInARow < MaxBrokenInARow:
                    FailAsBroken(waiting, attempt.Failure!);
                    break;
                case Fate.Broken:
                    // Not these items are what it cannot bear: the rest would cost as much and end the same way.
                    FailAsBroken(new ArraySegment<WaitingItem<TItem, TResult>>(batch, part.Start, batch.Length - part.Start), attempt.Failure!);
                    return;
                default:
                    // The parts that are left would meet the same outage, one after the other.
                    FailAsUnavailable(new(batch, part.Start, batch.Length - part.Start), attempt.Failure!);
                    return;
            }
        }
    }

    private async Task<Attempt> RunToTheEnd(IReadOnlyList<TItem> items)
    {
        for (var repeats = 0; ; repeats++)
        {
            var attempt = await RunOnce(items);
            if (attempt.Fate is not Fate.Conflict || repeats == MaxRepeats)
                return attempt;
            _meters.Repeated();
        }
    }

    private async Task<Attempt> RunOnce(IReadOnlyList<TItem> items)
    {
        NpgsqlConnection connection;
        try
        {
            connection = await _database.OpenConnectionAsync();
        }
#pragma warning disable CA1031 // No connection is an outage, whatever the reason: even a SQLSTATE that would be bad data elsewhere.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return new Attempt(Fate.Unavailable, null, failure);
        }
        var attempt = await RunIn(connection, items);
        try
        {
            // Rolls back what is still open.
            await connection.DisposeAsync();
        }
#pragma warning disable CA1031 // The connection is lost, the attempt's fate is known: a committed batch must not be told that it failed.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _logger.LogWarning(failure, "A connection of the pipeline {Pipeline} could not be given back.", _options.Name);
        }
        return attempt;
    }

    private async Task<Attempt> RunIn(NpgsqlConnection connection, IReadOnlyList<TItem> items)
    {
        IReadOnlyList<TResult> results;
        var isCommitting = false;
        try
        {
            var running = Stopwatch.GetTimestamp();
            // Sent together with the handler's first statement.
            await connection.BeginTransactionAsync();
            results = await _handler.Run(connection, items);
            _meters.Took(BatchStep.Run, running);
            if (results.Count != items.Count)
                throw new InvalidOperationException($"The handler of the pipeline {_options.Name} returned {results.Count} results for {items.Count} items.");

            var committing = Stopwatch.GetTimestamp();
            // COMMIT alone turns into a silent ROLLBACK if the handler has swallowed an error; the statement before it, in the
            // same round trip, fails in that case (25P02).
            isCommitting = true;
            await using var commit = new NpgsqlCommand("SELECT; COMMIT", connection);
            await commit.ExecuteNonQueryAsync();
            _meters.Took(BatchStep.Commit, committing);
        }
#pragma warning disable CA1031 // The handler may throw anything, and its callers are to be answered all the same.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Tell(() => _handler.Failed(items));
            return new Attempt(FateOf(failure, isCommitting), null, failure);
        }
        _meters.Committed(items.Sum(_weigh));
        if (!Tell(() => _handler.Committed(items, results)))
            Tell(() => _handler.Failed(items));
        if (_isDown)
            _logger.LogInformation("The pipeline {Pipeline} works again.", _options.Name);
        _isDown = false;
        return new Attempt(Fate.Committed, results, null);
    }

    /// <summary>A SQLSTATE, also one that COMMIT answers with, says that nothing was kept. Without one nobody knows.</summary>
    private static Fate FateOf(Exception failure, bool isCommitting) => failure switch
    {
        RepeatBatchException => Fate.Conflict,
        BatchTooLargeException => Fate.TooLarge,
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => Fate.Conflict,
        PostgresException { SqlState: PostgresErrorCodes.InFailedSqlTransaction } => Fate.Broken,
        PostgresException { SqlState: ['2', '2' or '3', ..] } => Fate.Poisoned,
        DbException => Fate.Unavailable,
        _ when isCommitting => Fate.Unavailable,
        _ => Fate.Broken,
    };

    /// <summary>The memory of a handler can fail without harm to callers: what is committed is committed.</summary>
    private bool Tell(Action hook)
    {
        try
        {
            hook();
            return true;
        }
#pragma warning disable CA1031 // It is a bug, whatever it is.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _logger.LogError(bug, "A handler of the pipeline {Pipeline} failed after its transaction.", _options.Name);
            return false;
        }
    }

    private void FailAsBroken(IReadOnlyList<WaitingItem<TItem, TResult>> waiting, Exception bug)
    {
        _logger.LogError(bug, "The pipeline {Pipeline} is broken: {Count} items got no result.", _options.Name, waiting.Count);
        _meters.Failed("broken", waiting.Count);
        foreach (var one in waiting)
            one.Fail(new InvalidOperationException($"The pipeline {_options.Name} is broken.", bug));
    }

    private void FailAsUnavailable(ArraySegment<WaitingItem<TItem, TResult>> waiting, Exception failure)
    {
        // An outage is told once, not once for each batch that meets it.
        if (!_isDown)
            _logger.LogError(failure, "The pipeline {Pipeline} is down: {Count} items were not confirmed.", _options.Name, waiting.Count);
        _isDown = true;
        _meters.Failed("unavailable", waiting.Count);
        foreach (var one in waiting)
            one.Fail(new UnavailableException($"The database did not confirm the work of the pipeline {_options.Name}.", failure));
    }

    private enum Fate
    {
        Committed,
        Poisoned,
        TooLarge,
        Conflict,
        Unavailable,
        Broken,
    }

    private readonly record struct Attempt(Fate Fate, IReadOnlyList<TResult>? Results, Exception? Failure);
}

using System.Threading.Channels;

namespace Laurel.Client;

/// <summary>
/// Takes what users did, and sends it in the background: all that waits goes into one request, and while that is under way the next
/// gathers. There is no timer. What waits lies in memory: a process that dies loses it. A game that must not lose it keeps it itself
/// until <see cref="Flush"/> has returned, and sends it again after a crash, under the same ids.
/// </summary>
public sealed class ActivityReporter
{
    /// <summary>Laurel reads a megabyte.</summary>
    private const int MaxBytes = 900_000;

    private readonly Transport _transport;
    private readonly ActivityOptions _options;
    private readonly ActivitySender _sender;
    private readonly Channel<Waiting> _waiting;
    private readonly Task _sending;

    internal ActivityReporter(Transport transport, ActivityOptions options, CancellationToken stopping)
    {
        (_transport, _options) = (transport, options);
        _sender = new ActivitySender(transport, options);
        _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.Capacity) { SingleReader = true });
        _sending = Task.Run(() => Send(stopping), CancellationToken.None);
    }

    /// <summary>Reports it; waits only where the memory is full.</summary>
    /// <exception cref="ArgumentException">It has an id, but does not say when it occurred.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public async ValueTask Report(ActivityReport activity, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(activity);
        await Add(Waiting.Of(activity, _transport.Time), cancellation);
    }

    /// <summary>Reports it, unless the memory is full, or the client was disposed.</summary>
    /// <returns>Whether it was taken.</returns>
    /// <exception cref="ArgumentException">It has an id, but does not say when it occurred.</exception>
    public bool TryReport(ActivityReport activity)
    {
        ArgumentNullException.ThrowIfNull(activity);
        return _waiting.Writer.TryWrite(Waiting.Of(activity, _transport.Time));
    }

    /// <summary>
    /// Returns when all that was reported before is settled: counted, refused, or given up. While Laurel is away that may take as long as
    /// it is.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public async Task Flush(CancellationToken cancellation = default)
    {
        var mark = new Waiting(null, [], new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Add(mark, cancellation);
        await await Task.WhenAny(mark.Settled!.Task, _sending).WaitAsync(cancellation);
    }

    /// <summary>
    /// Sends these now, past what waits, and tells what became of each, in the same order. It is tried again for as long as
    /// <see cref="LaurelClientOptions.RetryFor"/> says.
    /// </summary>
    /// <exception cref="LaurelException">
    /// Laurel refused the request as a whole, or could not be reached: then it is safe to send the same again, if they have ids.
    /// </exception>
    public async Task<IReadOnlyList<ActivityResult>> Send(IReadOnlyList<ActivityReport> activities, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(activities);
        ArgumentOutOfRangeException.ThrowIfZero(activities.Count, nameof(activities));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(activities.Count, 1_000, nameof(activities));
        return await _sender.Call([.. activities.Select(activity => Waiting.Of(activity, _transport.Time))], cancellation);
    }

    /// <summary>Takes nothing more, and waits for what was taken; gives up what is left in the end.</summary>
    internal async Task Close(CancellationTokenSource stopping)
    {
        _waiting.Writer.TryComplete();
        try
        {
            await _sending.WaitAsync(_options.DrainFor);
        }
        catch (TimeoutException)
        {
            await stopping.CancelAsync();
            await _sending;
        }
    }

    private async ValueTask Add(Waiting waiting, CancellationToken cancellation)
    {
        try
        {
            await _waiting.Writer.WriteAsync(waiting, cancellation);
        }
        catch (ChannelClosedException closed)
        {
            throw new ObjectDisposedException(typeof(LaurelClient).FullName, closed);
        }
    }

    private async Task Send(CancellationToken stopping)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
            {
                var batch = Next();
                await _sender.Settle(batch.FindAll(waiting => waiting.Activity is not null), stopping);
                batch.ForEach(waiting => waiting.Settled?.SetResult());
            }
        }
        catch (Exception bug)
        {
            // Whoever reports hears of it, and does not wait forever.
            _waiting.Writer.TryComplete(bug);
            throw;
        }
    }

    /// <summary>All that waits, as far as it fits into one request.</summary>
    private List<Waiting> Next()
    {
        var reader = _waiting.Reader;
        var batch = new List<Waiting>();
        var size = 0;
        while (batch.Count < _options.MaxBatch && reader.TryPeek(out var next) && (batch.Count == 0 || size + next.Json.Length < MaxBytes) && reader.TryRead(out next))
        {
            batch.Add(next);
            size += next.Json.Length + 1;
            // Who waits for this waits for what stands before it, and for nothing else.
            if (next.Settled is not null)
                break;
        }

        return batch;
    }
}

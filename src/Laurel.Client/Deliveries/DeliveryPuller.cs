using System.Runtime.CompilerServices;

namespace Laurel.Client;

/// <summary>How deliveries are pulled.</summary>
public sealed record DeliveryPullerOptions
{
    /// <summary>How many are taken at once; up to 200. All of them have to be handled within a minute.</summary>
    public int BatchSize { get; init; } = 50;

    /// <summary>How many are handled at once.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>The longest pause while nothing waits.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Called with each failure, none of which ends the work: to be logged. What it throws ends it.</summary>
    public Action<Exception>? OnTrouble { get; init; }
}

/// <summary>
/// Pulls deliveries again and again. Several processes may: each delivery is one's at a time. What a process has not acknowledged when its
/// lease ends is given to another, so what is done for a delivery has to be done once for its id.
/// </summary>
public sealed class DeliveryPuller
{
    /// <summary>Of the minute that a lease lasts. What is not begun by then is somebody else's soon: it is left to the next pull.</summary>
    private static readonly TimeSpan BeginWithin = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);

    private readonly DeliveryDesk _desk;
    private readonly DeliveryPullerOptions _options;

    /// <summary>Nothing is pulled until somebody asks.</summary>
    public DeliveryPuller(LaurelClient client, DeliveryPullerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        (_desk, _options) = (client.Deliveries, options ?? new DeliveryPullerOptions());
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.BatchSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.BatchSize, 200, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Concurrency, 1, nameof(options));
    }

    /// <summary>
    /// Deliveries one by one, without an end. Each is to be acknowledged, or failed, by who is given it. A failure of Laurel is waited out.
    /// </summary>
    public async IAsyncEnumerable<Delivery> Deliveries([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        while (true)
        {
            var (deliveries, pulled) = await Next(cancellation);
            foreach (var delivery in deliveries)
            {
                if (_desk.Time.GetElapsedTime(pulled) > BeginWithin)
                    break;
                yield return delivery;
            }
        }
    }

    /// <summary>
    /// Hands deliveries to a handler until it is cancelled. When the handler returns, the delivery is acknowledged; when it throws, that is
    /// said to Laurel, which gives it out again later. A handler may say itself that a delivery has failed for good. What a handler has
    /// begun when this is cancelled is waited for; what it leaves then is given out again when its lease ends.
    /// </summary>
    public async Task Run(Func<Delivery, CancellationToken, Task> handle, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(handle);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var (deliveries, pulled) = await Next(cancellation);
                await Parallel.ForEachAsync(
                    deliveries.TakeWhile(_ => _desk.Time.GetElapsedTime(pulled) < BeginWithin),
                    new ParallelOptions { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = cancellation },
                    async (delivery, _) => await Handle(delivery, handle, cancellation));
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // What was not begun is given to somebody else.
                return;
            }
        }
    }

    /// <summary>The next that wait, at least one, and when they were asked for.</summary>
    private async Task<(IReadOnlyList<Delivery> Deliveries, long Pulled)> Next(CancellationToken cancellation)
    {
        var idle = new Backoff(_desk.Time, ShortestPause, _options.LongestPause);
        while (true)
        {
            LaurelException? trouble = null;
            var asked = _desk.Time.GetTimestamp();
            try
            {
                if (await _desk.TryPull(_options.BatchSize, cancellation) is { Count: > 0 } deliveries)
                    return (deliveries, asked);
            }
            catch (LaurelException failure)
            {
                trouble = failure;
                _options.OnTrouble?.Invoke(failure);
            }

            await idle.Wait(trouble, cancellation);
        }
    }

    private async Task Handle(Delivery delivery, Func<Delivery, CancellationToken, Task> handle, CancellationToken cancellation)
    {
        try
        {
            // Neither is to be cancelled: what was done has to be known.
            if (await Handled(delivery, handle, cancellation) is { } failure)
                await _desk.Fail(delivery, failure, permanent: false, CancellationToken.None);
            else
                await _desk.Acknowledge(delivery, CancellationToken.None);
        }
        catch (LaurelException lost)
        {
            // Its lease has ended, or what becomes of it was said already, or nobody heard. It comes again, or it is done.
            _options.OnTrouble?.Invoke(lost);
        }
    }

    /// <returns>Why it was not handed over; null when it was.</returns>
    private async Task<string?> Handled(Delivery delivery, Func<Delivery, CancellationToken, Task> handle, CancellationToken cancellation)
    {
        try
        {
            await handle(delivery, cancellation);
            return null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            _options.OnTrouble?.Invoke(failure);
            return $"{failure.GetType().Name}: {failure.Message}";
        }
    }
}

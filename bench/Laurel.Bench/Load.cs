using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Laurel.Bench;

/// <summary>Clients that do what one scenario asks of them until they are told to stop.</summary>
internal sealed class Load : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private readonly Histogram _latencies = new();
    private readonly ConcurrentDictionary<string, long> _failures = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IClient> _clients;
    private readonly Task[] _work;
    private readonly int _perExchange;
    private long _left;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processorTime = Environment.CpuUsage.TotalTime;

    private Load(Func<int, IClient> clients, int count, int? requestsPerSecond, int perExchange, long? exchanges)
    {
        _left = exchanges ?? long.MaxValue;
        _stopped = _stopping.Token;
        _perExchange = perExchange;
        _clients = [.. Enumerable.Range(0, count).Select(clients)];
        _work =
        [
            .. _clients.Select((client, i) => requestsPerSecond is { } rate
                ? Task.Run(() => KeepPace(client, TimeSpan.FromSeconds((double)i / rate), TimeSpan.FromSeconds((double)count / rate)))
                : Task.Run(() => KeepBusy(client))),
        ];
    }

    /// <summary>Done when the first answer of any kind has come.</summary>
    public Task Answered => Task.WhenAny(_answered.Task, Task.WhenAll(_work));

    /// <summary>Done when there is nothing left to send.</summary>
    public Task Exhausted => Task.WhenAll(_work);

    public static Load Start(Func<int, IClient> clients, int connections, int? requestsPerSecond, int perExchange = 1, long? exchanges = null) =>
        new(clients, connections, requestsPerSecond, perExchange, exchanges);

    /// <summary>Sends nothing more, waits for what is under way (the slowest requests are among it), and counts.</summary>
    public async Task<Round> Stop()
    {
        await _stopping.CancelAsync();
        var all = Task.WhenAll(_work);
        if (await Task.WhenAny(all, Task.Delay(Patience)) != all)
            _clients.ForEach(client => client.Dispose());
        await all;

        var elapsed = Stopwatch.GetElapsedTime(_started);
        return new Round(
            _latencies.Count * _perExchange / elapsed.TotalSeconds,
            _latencies.Percentile(50).TotalMilliseconds,
            _latencies.Percentile(95).TotalMilliseconds,
            _latencies.Percentile(99).TotalMilliseconds,
            (Environment.CpuUsage.TotalTime - _processorTime) / elapsed / Environment.ProcessorCount,
            _failures.ToDictionary(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _clients.ForEach(client => client.Dispose());
        _stopping.Dispose();
    }

    private async Task KeepBusy(IClient client)
    {
        while (!_stopped.IsCancellationRequested && Interlocked.Decrement(ref _left) >= 0)
            await Send(client, Stopwatch.GetTimestamp());
    }

    private async Task KeepPace(IClient client, TimeSpan first, TimeSpan interval)
    {
        for (var due = first; ; due += interval)
        {
            var early = due - Stopwatch.GetElapsedTime(_started);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

                // Only now: what was due before the end is sent, or a server that stalls would hide what waits.
                if (_stopped.IsCancellationRequested)
                    return;
            }

            await Send(client, _started + (long)(due.TotalSeconds * Stopwatch.Frequency));
        }
    }

    private async Task Send(IClient client, long since)
    {
        try
        {
            if (await client.Exchange() is { } wrong)
                CountFailure(wrong);
            else
                _latencies.Record(Stopwatch.GetElapsedTime(since));
            _answered.TrySetResult();
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or NpgsqlException)
        {
            client.Drop();
            CountFailure(e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted } ? "no answer" : e.Message);
            _answered.TrySetResult();

            // A server that is gone refuses a hundred thousand connections in a second, which nobody wants to count.
            await Task.Delay(PauseAfterFailure, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void CountFailure(string what) => _failures.AddOrUpdate(what, 1, (_, count) => count + 1);
}

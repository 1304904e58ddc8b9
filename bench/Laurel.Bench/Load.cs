using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Laurel.Bench.Http;

namespace Laurel.Bench;

/// <summary>Connections that send one scenario's requests until they are told to stop.</summary>
internal sealed class Load : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private readonly Histogram _latencies = new();
    private readonly ConcurrentDictionary<string, long> _failures = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Connection> _connections;
    private readonly Task[] _clients;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processorTime = Environment.CpuUsage.TotalTime;

    private Load(Uri server, Func<int, RequestWriter> writers, int count, int? requestsPerSecond)
    {
        _stopped = _stopping.Token;
        _connections = [.. Enumerable.Range(0, count).Select(i => new Connection(server, writers(i)))];
        _clients =
        [
            .. _connections.Select((connection, i) => requestsPerSecond is { } rate
                ? Task.Run(() => KeepPace(connection, TimeSpan.FromSeconds((double)i / rate), TimeSpan.FromSeconds((double)count / rate)))
                : Task.Run(() => KeepBusy(connection))),
        ];
    }

    /// <summary>Done when the first answer of any kind has come.</summary>
    public Task Answered => Task.WhenAny(_answered.Task, Task.WhenAll(_clients));

    public static Load Start(Uri server, Func<int, RequestWriter> writers, int connections, int? requestsPerSecond) =>
        new(server, writers, connections, requestsPerSecond);

    /// <summary>Sends nothing more, waits for what is under way (the slowest requests are among it), and counts.</summary>
    public async Task<Round> Stop()
    {
        await _stopping.CancelAsync();
        var all = Task.WhenAll(_clients);
        if (await Task.WhenAny(all, Task.Delay(Patience)) != all)
            _connections.ForEach(connection => connection.Dispose());
        await all;

        var elapsed = Stopwatch.GetElapsedTime(_started);
        return new Round(
            _latencies.Count / elapsed.TotalSeconds,
            _latencies.Percentile(50).TotalMilliseconds,
            _latencies.Percentile(95).TotalMilliseconds,
            _latencies.Percentile(99).TotalMilliseconds,
            (Environment.CpuUsage.TotalTime - _processorTime) / elapsed / Environment.ProcessorCount,
            _failures.ToDictionary(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _connections.ForEach(connection => connection.Dispose());
        _stopping.Dispose();
    }

    private async Task KeepBusy(Connection connection)
    {
        while (!_stopped.IsCancellationRequested)
            await Send(connection, Stopwatch.GetTimestamp());
    }

    private async Task KeepPace(Connection connection, TimeSpan first, TimeSpan interval)
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

            await Send(connection, _started + (long)(due.TotalSeconds * Stopwatch.Frequency));
        }
    }

    private async Task Send(Connection connection, long since)
    {
        try
        {
            var response = await connection.Exchange();
            if (response.Succeeded)
                _latencies.Record(Stopwatch.GetElapsedTime(since));
            else
                CountFailure($"status {response.Status}");
            _answered.TrySetResult();
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            connection.Drop();
            CountFailure(e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted } ? "no answer" : e.Message);
            _answered.TrySetResult();

            // A server that is gone refuses a hundred thousand connections in a second, which nobody wants to count.
            await Task.Delay(PauseAfterFailure, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void CountFailure(string what) => _failures.AddOrUpdate(what, 1, (_, count) => count + 1);
}

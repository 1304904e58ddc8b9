using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Laurel.Tests.Gateway;

/// <summary>A service that knows no HTTP: it is healthy, and answers whatever else it is asked by the bytes that it is told to.</summary>
internal sealed class RawService : IAsyncDisposable
{
    private static readonly byte[] Healthy = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Stream, CancellationToken, Task> _answer;
    private readonly Task _accepting;
    private int _asked;

    public RawService(Func<Stream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = Accept();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>How often it was asked for anything but its health.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task Accept()
    {
        var served = new List<Task>();
        try
        {
            while (true)
                served.Add(Serve(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            if ((await Head(stream)).StartsWith("GET /health/ready ", StringComparison.Ordinal))
            {
                await stream.WriteAsync(Healthy, _stop.Token);
                return;
            }

            Interlocked.Increment(ref _asked);
            await _answer(stream, _stop.Token);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // Whoever asked has had enough.
        }
    }

    private async Task<string> Head(Stream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, _stop.Token) is > 0 and var count)
            head.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return head.ToString();
    }
}

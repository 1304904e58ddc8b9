using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Laurel.Tests.Support;

/// <summary>What becomes of the bytes that a client sends.</summary>
internal enum Passage
{
    Pass,

    /// <summary>They do not arrive, and the connection breaks.</summary>
    Cut,

    /// <summary>They arrive and are answered, but the connection breaks before the answer is back.</summary>
    CutTheAnswer,

    /// <summary>They do not arrive, and nothing else happens.</summary>
    Swallow,
}

/// <summary>
/// A network between a client and a server that breaks where a test wants it to, and counts the connections. Where the server is, is
/// asked for each of them anew.
/// </summary>
internal class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<EndPoint> _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();
    private int _connections;

    public TcpProxy(Func<EndPoint> server)
    {
        _server = server;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often somebody tried to connect.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>New connections are closed at once.</summary>
    public bool IsDown { get; set; }

    /// <summary>How long each answer takes on its way.</summary>
    public TimeSpan Slowness { get; set; }

    /// <summary>Decides about what a client sends; where there is none, it passes.</summary>
    public Func<string, Passage>? Rule { get; set; }

    /// <summary>Breaks the connections that there are.</summary>
    public void CutAll() => Interlocked.Exchange(ref _cut, new CancellationTokenSource()).Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
        _cut.Dispose();
    }

    private async Task Accept()
    {
        var served = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                served.RemoveAll(task => task.IsCompletedSuccessfully);
                served.Add(Serve(client));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task Serve(Socket client)
    {
        using var _ = client;
        if (IsDown)
            return;
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _cut.Token);
        var server = _server();
        using var upstream = server is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            client.NoDelay = true;
            await upstream.ConnectAsync(server, broken.Token);
        }
        catch (Exception away) when (away is OperationCanceledException or SocketException)
        {
            // Nobody listens there, and the client will see the same.
            return;
        }

        var cutTheAnswer = false;
        var up = Pump(client, upstream, bytes =>
        {
            var passage = Rule?.Invoke(Encoding.Latin1.GetString(bytes)) ?? Passage.Pass;
            cutTheAnswer |= passage is Passage.CutTheAnswer;
            return passage;
        }, () => TimeSpan.Zero, broken);
        var down = Pump(upstream, client, _ => cutTheAnswer ? Passage.Cut : Passage.Pass, () => Slowness, broken);
        await Task.WhenAll(up, down);
    }

    private static async Task Pump(Socket from, Socket to, Func<ReadOnlySpan<byte>, Passage> rule, Func<TimeSpan> slowness, CancellationTokenSource broken)
    {
        var buffer = new byte[65_536];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, broken.Token)) > 0)
            {
                if (slowness() is { Ticks: > 0 } slow)
                    await Task.Delay(slow, broken.Token);
                var passage = rule(buffer.AsSpan(0, count));
                if (passage is Passage.Cut)
                    break;
                for (var sent = 0; passage is not Passage.Swallow && sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), broken.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone; so does the other.
        }
        await broken.CancelAsync();
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

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

/// <summary>A network between a program and PostgreSQL that breaks where a test wants it to, and counts the connections.</summary>
internal sealed class PostgresProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    public PostgresProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _accepting = Accept();
    }

    /// <summary>How often somebody tried to connect.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>New connections are closed at once.</summary>
    public bool IsDown { get; set; }

    /// <summary>Decides about what a client sends.</summary>
    public Func<string, Passage> Rule { get; set; } = _ => Passage.Pass;

    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

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
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
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
        using var upstream = _server.Host![0] == '/'
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await upstream.ConnectAsync(_server.Host[0] == '/'
            ? new UnixDomainSocketEndPoint(Path.Combine(_server.Host, $".s.PGSQL.{_server.Port}"))
            : new IPEndPoint(IPAddress.Loopback, _server.Port), _stop.Token);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var cutTheAnswer = false;
        var up = Pump(client, upstream, bytes =>
        {
            var passage = Rule(Encoding.Latin1.GetString(bytes));
            cutTheAnswer |= passage is Passage.CutTheAnswer;
            return passage;
        }, broken);
        var down = Pump(upstream, client, _ => cutTheAnswer ? Passage.Cut : Passage.Pass, broken);
        await Task.WhenAll(up, down);
    }

    private static async Task Pump(Socket from, Socket to, Func<ReadOnlySpan<byte>, Passage> rule, CancellationTokenSource broken)
    {
        var buffer = new byte[65_536];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, broken.Token)) > 0)
            {
                var passage = rule(buffer.AsSpan(0, count));
                if (passage is Passage.Cut)
                    break;
                if (passage is not Passage.Swallow)
                    await to.SendAsync(buffer.AsMemory(0, count), broken.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone; so does the other.
        }
        await broken.CancelAsync();
    }
}

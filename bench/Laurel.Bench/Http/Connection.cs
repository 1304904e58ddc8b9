using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Laurel.Bench.Http;

/// <summary>A client over HTTP: a request, its whole response, the next request. It connects when it has to.</summary>
/// <param name="server">Where it connects to.</param>
/// <param name="write">Writes the next request.</param>
/// <param name="expected">What each response must hold: a status of 200 does not say that each part of a request did well.</param>
/// <param name="refusal">What a 409 holds that is an answer as good as any.</param>
internal sealed class Connection(Uri server, RequestWriter write, byte[]? expected = null, byte[]? refusal = null) : IClient
{
    private const int MaxResponse = 16 * 1024 * 1024;
    private const int Conflict = 409;

    private readonly ArrayBufferWriter<byte> _request = new(1024);
    private byte[] _received = new byte[16 * 1024];
    private Socket? _socket;
    private bool _disposed;

    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="IOException">The server ended it, or sent what is no response.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<string?> Exchange()
    {
        var open = _socket ??= await Connect();
        _request.ResetWrittenCount();
        write(_request);
        for (var rest = _request.WrittenMemory; !rest.IsEmpty;)
            rest = rest[await open.SendAsync(rest)..];

        var length = 0;
        while (true)
        {
            if (length == _received.Length)
                Grow();
            var count = await open.ReceiveAsync(_received.AsMemory(length));
            if (count == 0)
                throw new IOException("the server closed the connection");

            length += count;
            switch (Response.Read(_received.AsSpan(0, length), out var response))
            {
                case ResponseState.Incomplete:
                    break;
                case ResponseState.Complete when response.Length == length:
                    if (response.Closes)
                        Drop();
                    return Judge(response);
                default:
                    throw new IOException("the server sent no proper response");
            }
        }
    }

    /// <summary>After a failure: what the old connection still brings belongs to no request.</summary>
    public void Drop()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public void Dispose()
    {
        _disposed = true;
        Drop();
    }

    private string? Judge(Response response)
    {
        if (response.Status == Conflict && refusal is not null && Holds(refusal))
            return null;
        if (!response.Succeeded)
            return $"status {response.Status}";
        return expected is null || Holds(expected) ? null : "an answer without what was expected";

        bool Holds(byte[] part) => _received.AsSpan(0, response.Length).IndexOf(part) >= 0;
    }

    private async Task<Socket> Connect()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var connecting = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connecting.ConnectAsync(server.Host, server.Port);
            return connecting;
        }
        catch
        {
            connecting.Dispose();
            throw;
        }
    }

    private void Grow()
    {
        if (_received.Length >= MaxResponse)
            throw new IOException("the response is too long");
        Array.Resize(ref _received, _received.Length * 2);
    }
}

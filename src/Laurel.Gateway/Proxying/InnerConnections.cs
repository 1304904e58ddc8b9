using System.Net;
using System.Net.Sockets;
using System.Text;
using Laurel.Platform.Registry;

namespace Laurel.Gateway.Proxying;

/// <summary>Connections to services. What a name stands for is looked at each time: it may have become an address that none is.</summary>
internal static class InnerConnections
{
    private const int MaxHeaderKilobytes = 32;

    public static void Bound(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = Patience.ToConnect;
        handler.MaxResponseHeadersLength = MaxHeaderKilobytes;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
        handler.ConnectCallback = Connect;
        // As the gateway has read them. Of answers, each byte is one letter, here and where the client is answered.
        handler.RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8;
        handler.ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1;
    }

    private static async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation);
        addresses = Array.FindAll(addresses, InnerAddress.Is);
        if (addresses.Length == 0)
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{host} stands for no address of a service.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

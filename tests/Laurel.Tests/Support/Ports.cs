using System.Net;
using System.Net.Sockets;

namespace Laurel.Tests.Support;

internal static class Ports
{
    /// <summary>One that nobody listens on, for whoever has to be told its port before it starts.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Laurel.Auth.Sessions;

/// <summary>Where a request comes from: as its owner is shown it, and as throttles count it.</summary>
internal sealed record Visitor(string Address, string Network, string? UserAgent)
{
    private const int MaxUserAgent = 256;

    public static Visitor Of(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();

        // A household has an IPv6 network, not an address: all of a /64 counts as one.
        var network = address.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPNetwork(new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]]), 64).ToString()
            : address.ToString();

        var agent = http.Request.Headers.UserAgent.ToString();
        return new Visitor(address.ToString(), network, agent.Length == 0
            ? null
            : new string([.. agent.Where(character => !char.IsControl(character) && !char.IsSurrogate(character)).Take(MaxUserAgent)]));
    }
}

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Laurel.Events.Deliveries;

/// <summary>
/// Which addresses are out in the public: whoever names a webhook must not reach through Laurel what stands beside it. Pure.
/// </summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network
        IPNetwork.Parse("10.0.0.0/8"), // private
        IPNetwork.Parse("100.64.0.0/10"), // shared by a carrier's customers
        IPNetwork.Parse("127.0.0.0/8"), // loopback
        IPNetwork.Parse("168.63.129.16/32"), // answers inside one cloud alone, where the host beneath tells machines their secrets
        IPNetwork.Parse("169.254.0.0/16"), // link-local: where clouds tell machines their secrets
        IPNetwork.Parse("172.16.0.0/12"), // private
        IPNetwork.Parse("192.0.0.0/24"), // protocol assignments
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // relays from IPv6
        IPNetwork.Parse("192.168.0.0/16"), // private
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // documentation
        IPNetwork.Parse("203.0.113.0/24"), // documentation
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, and broadcast
        IPNetwork.Parse("2001::/23"), // protocol assignments, tunnels through IPv4 (Teredo) among them
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("2002::/16"), // tunnels through IPv4 (6to4)
        IPNetwork.Parse("3fff::/20"), // documentation
    ];

    /// <summary>All of IPv6 that is given to anybody. Beside it are loopback, link-local, unique local, multicast and what is unused.</summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>IPv4 addresses as they are reached from networks that have IPv6 alone (NAT64).</summary>
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool Is(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Array.Exists(NotPublic, network => network.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        if (address.IsIPv4MappedToIPv6 || Translated.Contains(address))
            return Is(Embedded(address));
        return GlobalUnicast.Contains(address) && !Array.Exists(NotPublic, network => network.Contains(address)) && !IsTunnelToPrivate(address);
    }

    /// <summary>An interface id that embeds an IPv4 address (ISATAP).</summary>
    private static bool IsTunnelToPrivate(IPAddress address)
    {
        var marker = BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes().AsSpan(8));
        return (marker & 0xFDFF_FFFF) == 0x0000_5EFE && !Is(Embedded(address));
    }

    private static IPAddress Embedded(IPAddress address) => new(address.GetAddressBytes().AsSpan(12));
}

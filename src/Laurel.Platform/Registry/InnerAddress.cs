using System.Net;
using System.Net.Sockets;

namespace Laurel.Platform.Registry;

/// <summary>
/// Where a registered service may be. Private networks are where services are; but what clouds tell machines their secrets by, and what
/// is nobody's address, is never one. Pure.
/// </summary>
public static class InnerAddress
{
    private static readonly IPNetwork[] Forbidden =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network
        IPNetwork.Parse("169.254.0.0/16"), // link-local: metadata of clouds
        IPNetwork.Parse("192.0.0.192/32"), // metadata of one cloud
        IPNetwork.Parse("100.100.100.200/32"), // metadata of another
        IPNetwork.Parse("168.63.129.16/32"), // the host beneath machines of another: certificates, and what else they are set up by
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, and broadcast
        IPNetwork.Parse("::/128"), // unspecified
        IPNetwork.Parse("fe80::/10"), // link-local
        IPNetwork.Parse("fd00:ec2::254/128"), // metadata, by IPv6
        IPNetwork.Parse("fd20:ce::254/128"), // metadata of another
        IPNetwork.Parse("fd00:42::42/128"), // and of another
        IPNetwork.Parse("ff00::/8"), // multicast
    ];

    /// <summary>IPv4 addresses as they are reached from networks that have IPv6 alone (NAT64).</summary>
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6 || (address.AddressFamily == AddressFamily.InterNetworkV6 && Translated.Contains(address)))
            address = new IPAddress(address.GetAddressBytes().AsSpan(12));
        return !Array.Exists(Forbidden, network => network.Contains(address));
    }

    /// <summary>A base address: scheme, host and port, and nothing else.</summary>
    public static bool Is(string text, out Uri address)
    {
        address = null!;
        if (text.Length > 300 || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains('@', StringComparison.Ordinal)
            || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            || url.AbsolutePath != "/" || url.Query.Length > 0 || url.Fragment.Length > 0 || url.Port == 0
            || url.HostNameType is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
        {
            return false;
        }

        address = url;
        return !IPAddress.TryParse(url.IdnHost, out var literal) || Is(literal);
    }
}

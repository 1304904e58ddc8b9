using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Laurel.Platform.Limits;

/// <summary>Whose bucket it is, in 128 bits. Zero is nobody's.</summary>
internal static class LimitKey
{
    private const ulong Mapped = 0xffff_0000_0000;

    // Where there is no address, as on a Unix socket: all of them are one.
    private static readonly UInt128 Nowhere = new(0, 2);

    /// <summary>An IPv4 address in either form. Of IPv6 the network of a household, a /64: it has more addresses than anybody could count.</summary>
    public static UInt128 OfAddress(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
            return Nowhere;
        if (length == 4)
            return new UInt128(0, Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return address.IsIPv4MappedToIPv6
            ? new UInt128(0, Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]))
            : new UInt128(BinaryPrimitives.ReadUInt64BigEndian(bytes), 1);
    }

    /// <summary>Of an account, whichever of its tokens it sends.</summary>
    public static UInt128 OfSubject(string subject)
    {
        // Laurel's own ids fit; those of other issuers are hashed.
        if (Guid.TryParseExact(subject, "D", out var id))
            return MemoryMarshal.Read<UInt128>(MemoryMarshal.AsBytes(new ReadOnlySpan<Guid>(in id)));

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(subject.AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}

using System.Buffers.Binary;

namespace Laurel.Bench.Engine;

/// <summary>What both yardsticks know of events: there are three, and each counts.</summary>
internal static class HandWritten
{
    public static readonly DateOnly Window = new(2000, 1, 1);

    /// <summary>Sorted, as whoever locks rows must take them.</summary>
    public static readonly Guid[] Events = [.. Enumerable.Range(1, 3).Select(n => new Guid(n, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0))];

    /// <summary>As long as what Laurel keeps for a count.</summary>
    public static byte[] StateOf(long count)
    {
        var state = new byte[24];
        BinaryPrimitives.WriteInt64BigEndian(state, count);
        return state;
    }

    public static long CountOf(ReadOnlySpan<byte> state) => BinaryPrimitives.ReadInt64BigEndian(state);
}

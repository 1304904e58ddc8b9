using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Laurel.Rules;

/// <summary>
/// How progress is stored: a format byte, how many measures there are, and per measure its key (8 bytes), the kind of its tally, and
/// the tally. Numbers are varints. Days are the index of their first byte in the bitmap of all days, how many bytes there are, and the bytes.
/// </summary>
internal static class ProgressCodec
{
    private const byte Format = 1;
    private const int MaxDay = 3_652_058; // 9999-12-31

    public static byte[] Encode(Progress.Entry[] entries)
    {
        var size = 1 + VarintSize((ulong)entries.Length);
        foreach (ref readonly var entry in entries.AsSpan())
            size += 9 + Size(entry.Tally);

        var encoded = new byte[size];
        encoded[0] = Format;
        var place = Varint(encoded, 1, (ulong)entries.Length);
        foreach (ref readonly var entry in entries.AsSpan())
        {
            BinaryPrimitives.WriteInt64LittleEndian(encoded.AsSpan(place), entry.Key);
            encoded[place + 8] = (byte)entry.Tally.Kind;
            place = Write(entry.Tally, encoded, place + 9);
        }

        return encoded;
    }

    public static Progress Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty || encoded[0] != Format)
            throw new InvalidDataException("This is no progress, or of a format that this version does not know.");

        var reader = new Reader(encoded[1..]);
        var count = reader.Varint();
        if (count > (ulong)encoded.Length)
            throw Reader.Nonsense();

        var entries = count == 0 ? [] : new Progress.Entry[count];
        for (var index = 0; index < entries.Length; index++)
        {
            var key = BinaryPrimitives.ReadInt64LittleEndian(reader.Bytes(8));
            if (index > 0 && entries[index - 1].Key >= key)
                throw Reader.Nonsense();
            entries[index] = new Progress.Entry(key, (TallyKind)reader.Bytes(1)[0] switch
            {
                TallyKind.Number => Number(ref reader),
                TallyKind.Days => Days(ref reader),
                TallyKind.Hashes => Hashes(ref reader),
                _ => throw Reader.Nonsense(),
            });
        }

        if (!reader.AtEnd)
            throw Reader.Nonsense();
        return count == 0 ? Progress.Empty : new Progress(entries);
    }

    private static int Size(in Tally tally)
    {
        if (tally.Kind == TallyKind.Number)
            return VarintSize((ulong)tally.Number);
        if (tally.Kind == TallyKind.Hashes)
            return VarintSize((ulong)tally.Words!.Length) + (tally.Words.Length * 8);

        var bytes = Trim(tally, out var first);
        return VarintSize((ulong)first) + VarintSize((ulong)bytes.Length) + bytes.Length;
    }

    private static int Write(in Tally tally, Span<byte> to, int place)
    {
        if (tally.Kind == TallyKind.Number)
            return Varint(to, place, (ulong)tally.Number);

        var bytes = tally.Kind == TallyKind.Days ? Trim(tally, out var first) : Bytes(tally.Words!, out first);
        if (tally.Kind == TallyKind.Days)
            place = Varint(to, place, (ulong)first);
        place = Varint(to, place, (ulong)(tally.Kind == TallyKind.Days ? bytes.Length : bytes.Length / 8));
        bytes.CopyTo(to[place..]);
        return place + bytes.Length;
    }

    private static ReadOnlySpan<byte> Bytes(ulong[] words, out long first)
    {
        first = 0;
        return MemoryMarshal.AsBytes(words.AsSpan());
    }

    private static ReadOnlySpan<byte> Trim(in Tally days, out long first)
    {
        var bytes = MemoryMarshal.AsBytes(days.Words.AsSpan());
        var from = bytes.IndexOfAnyExcept((byte)0);
        first = (days.Number * 8) + from;
        return bytes[from..(bytes.LastIndexOfAnyExcept((byte)0) + 1)];
    }

    private static Tally Number(ref Reader reader)
    {
        var number = reader.Varint();
        return number is > 0 and <= long.MaxValue ? Tally.OfNumber((long)number) : throw Reader.Nonsense();
    }

    private static Tally Days(ref Reader reader)
    {
        var first = reader.Varint();
        var length = reader.Varint();
        if (first > MaxDay / 8 || length is 0 || length > MaxDay / 8 + 1 - first)
            throw Reader.Nonsense();

        var bytes = reader.Bytes((int)length);
        if (bytes[0] == 0 || bytes[^1] == 0)
            throw Reader.Nonsense();

        var firstWord = (long)first / 8;
        var words = new ulong[(((long)first + (long)length + 7) / 8) - firstWord];
        bytes.CopyTo(MemoryMarshal.AsBytes(words.AsSpan())[(int)((long)first % 8)..]);
        return Tally.OfDays(firstWord, words);
    }

    private static Tally Hashes(ref Reader reader)
    {
        var length = reader.Varint();
        if (length is 0 or > Tally.MaxHashes)
            throw Reader.Nonsense();

        var words = MemoryMarshal.Cast<byte, ulong>(reader.Bytes((int)length * 8)).ToArray();
        for (var index = 1; index < words.Length; index++)
        {
            if (words[index - 1] >= words[index])
                throw Reader.Nonsense();
        }

        return Tally.OfHashes(words);
    }

    private static int VarintSize(ulong value)
    {
        var size = 1;
        for (; value > 0x7F; value >>= 7)
            size++;
        return size;
    }

    private static int Varint(Span<byte> to, int place, ulong value)
    {
        for (; value > 0x7F; value >>= 7)
            to[place++] = (byte)(value | 0x80);
        to[place++] = (byte)value;
        return place;
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public readonly bool AtEnd => _rest.IsEmpty;

        public static InvalidDataException Nonsense() => new("This is no encoded progress.");

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if (count > _rest.Length)
                throw Nonsense();
            var bytes = _rest[..count];
            _rest = _rest[count..];
            return bytes;
        }

        /// <summary>Only the shortest form of a number is one, so that equal progress is equal bytes.</summary>
        public ulong Varint()
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var next = Bytes(1)[0];
                value |= (ulong)(next & 0x7F) << shift;
                if (next > 0x7F)
                    continue;
                return (next == 0 && shift > 0) || (shift == 63 && next > 1) ? throw Nonsense() : value;
            }

            throw Nonsense();
        }
    }
}

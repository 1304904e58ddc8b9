namespace Laurel.Rules;

/// <summary>64 bits of a value, the same on every machine and in every version: they are stored.</summary>
internal static class StableHash
{
    public static ulong Of(Scalar value)
    {
        if (value.Text is { } text)
            return Of(text);

        if (value.Flag is { } flag)
            return Mix(flag ? 1UL : 2UL);

        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value.Number!.Value, bits);
        return Absorb(Absorb(3, Pair(bits[0], bits[1])), Pair(bits[2], bits[3]));
    }

    private static ulong Of(string text)
    {
        var hash = Mix(4 + ((ulong)text.Length << 8));
        var index = 0;
        for (; index + 4 <= text.Length; index += 4)
            hash = Absorb(hash, text[index] | ((ulong)text[index + 1] << 16) | ((ulong)text[index + 2] << 32) | ((ulong)text[index + 3] << 48));
        if (index == text.Length)
            return hash;

        var rest = 0UL;
        for (; index < text.Length; index++)
            rest = (rest << 16) | text[index];
        return Absorb(hash, rest);
    }

    private static ulong Pair(int low, int high) => (uint)low | ((ulong)(uint)high << 32);

    private static ulong Absorb(ulong hash, ulong word) => Mix(hash ^ word) + 0x9E3779B97F4A7C15;

    /// <summary>The finalizer of MurmurHash3: a bijection in which every bit of the input moves every bit of the result.</summary>
    private static ulong Mix(ulong word)
    {
        word ^= word >> 33;
        word *= 0xFF51AFD7ED558CCD;
        word ^= word >> 33;
        word *= 0xC4CEB9FE1A85EC53;
        return word ^ (word >> 33);
    }
}

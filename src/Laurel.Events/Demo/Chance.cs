namespace Laurel.Events.Demo;

/// <summary>Chance that can be repeated: of the same numbers comes the same, on every machine and in every version (SplitMix64).</summary>
internal struct Chance
{
    private ulong _state;

    private Chance(ulong state) => _state = state;

    public static Chance Of(long one, long other)
    {
        var chance = new Chance((ulong)one);
        return new Chance(chance.Next() ^ (ulong)other);
    }

    /// <summary>From 0 to below 1.</summary>
    public double Part() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Is(double likelihood) => Part() < likelihood;

    public int Between(int low, int high) => low + (int)(Part() * (high - low + 1));

    public T Pick<T>(ReadOnlySpan<T> from) => from[Between(0, from.Length - 1)];

    private ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}

using System.Security.Cryptography;

namespace Laurel.Tests.Support;

/// <summary>Chance that can be repeated: the same seed, the same throws (SplitMix64).</summary>
internal sealed class Dice(int seed)
{
    private ulong _state = (ulong)seed;

    public int Seed => seed;

    /// <summary>A seed that nobody chose, for a test to print.</summary>
    public static Dice Thrown() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>From 0 to below the limit.</summary>
    public int Next(int limit)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)limit);
    }

    public int Between(int low, int high) => low + Next(high - low + 1);

    public T Pick<T>(IReadOnlyList<T> from) => from[Next(from.Count)];

    public void Shuffle<T>(IList<T> items)
    {
        for (var last = items.Count - 1; last > 0; last--)
        {
            var other = Next(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }
}

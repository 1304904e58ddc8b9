using System.Numerics;

namespace Laurel.Rules;

internal enum TallyKind : byte
{
    Number,
    Days,
    Hashes,
}

/// <summary>
/// What one measure has come to. A number; or a set of days, a bit each, from the word that holds the first; or sorted hashes.
/// `default` is the tally of nothing. Arrays are never changed once they are here, and hold no more than they must, so that equal
/// contents are equal words.
/// </summary>
internal readonly struct Tally : IEquatable<Tally>
{
    public const int MaxHashes = 1_000;

    private Tally(TallyKind kind, long number, ulong[]? words) => (Kind, Number, Words) = (kind, number, words);

    public TallyKind Kind { get; }

    /// <summary>The number itself; of days, the index of the first word.</summary>
    public long Number { get; }

    public ulong[]? Words { get; }

    /// <summary>The number, or how many days or values there are.</summary>
    public long Total
    {
        get
        {
            if (Kind == TallyKind.Number)
                return Number;
            if (Kind == TallyKind.Hashes)
                return Words!.Length;

            var days = 0;
            foreach (var word in Words!)
                days += BitOperations.PopCount(word);
            return days;
        }
    }

    public static Tally OfNumber(long number) => new(TallyKind.Number, number, null);

    public static Tally OfDays(long firstWord, ulong[] words) => new(TallyKind.Days, firstWord, words);

    public static Tally OfHashes(ulong[] sorted) => new(TallyKind.Hashes, 0, sorted);

    public bool TryAddNumber(long value, out Tally after)
    {
        after = OfNumber(value > long.MaxValue - Number ? long.MaxValue : Number + value);
        return after.Number != Number;
    }

    public bool TryAddDay(int day, out Tally after)
    {
        var at = day >> 6;
        var bit = 1UL << (day & 63);
        if (Words is null)
        {
            after = OfDays(at, [bit]);
            return true;
        }

        var index = at - Number;
        if (index >= 0 && index < Words.Length && (Words[index] & bit) != 0)
        {
            after = this;
            return false;
        }

        var first = Math.Min(Number, at);
        var words = new ulong[Math.Max(Number + Words.Length, at + 1) - first];
        Words.CopyTo(words.AsSpan((int)(Number - first)));
        words[at - first] |= bit;
        after = OfDays(first, words);
        return true;
    }

    /// <summary>Keeps the smallest: which ones stay does then not depend on which came first.</summary>
    public Outcome TryAddHash(ulong hash, out Tally after)
    {
        var old = Words ?? [];
        var place = Array.BinarySearch(old, hash);
        after = this;
        if (place >= 0)
            return Outcome.ValueAlreadyCounted;

        place = ~place;
        if (place == MaxHashes)
            return Outcome.Full;

        var words = new ulong[Math.Min(old.Length + 1, MaxHashes)];
        old.AsSpan(0, place).CopyTo(words);
        words[place] = hash;
        old.AsSpan(place, words.Length - place - 1).CopyTo(words.AsSpan(place + 1));
        after = OfHashes(words);
        return Outcome.Counted;
    }

    /// <summary>The most days in a run that misses no more than <paramref name="grace"/> days in total.</summary>
    public long LongestRun(int grace)
    {
        if (Words is null)
            return 0;

        long longest = 0, attended = 0;
        var head = new Bits(Words);
        var tail = new Bits(Words);
        tail.MoveNext();
        while (head.MoveNext())
        {
            attended++;
            while (head.Current - tail.Current + 1 - attended > Math.Max(0, grace))
            {
                tail.MoveNext();
                attended--;
            }

            longest = Math.Max(longest, attended);
        }

        return longest;
    }

    public bool Equals(Tally other) => Kind == other.Kind && Number == other.Number && Words.AsSpan().SequenceEqual(other.Words);

    public override bool Equals(object? obj) => obj is Tally other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, Number, Words?.Length);

    /// <summary>The set bits of some words, ascending.</summary>
    private struct Bits(ulong[] words)
    {
        private int _index;
        private ulong _left = words[0];

        public long Current { get; private set; }

        public bool MoveNext()
        {
            while (_left == 0)
            {
                if (++_index >= words.Length)
                    return false;
                _left = words[_index];
            }

            Current = ((long)_index << 6) + BitOperations.TrailingZeroCount(_left);
            _left &= _left - 1;
            return true;
        }
    }
}

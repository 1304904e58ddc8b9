namespace Laurel.Rules;

/// <summary>
/// What one user has reached in one event and window: a tally per measure, sorted by the measure's key. Never changes; a fold makes
/// another one.
/// </summary>
public sealed class Progress : IEquatable<Progress>
{
    public static readonly Progress Empty = new([]);

    internal Progress(Entry[] entries) => Entries = entries;

    internal Entry[] Entries { get; }

    public bool IsEmpty => Entries.Length == 0;

    /// <exception cref="InvalidDataException">No progress is encoded so.</exception>
    public static Progress Decode(ReadOnlySpan<byte> encoded) => ProgressCodec.Decode(encoded);

    /// <summary>The one encoding of this progress: equal progress is equal bytes.</summary>
    public byte[] Encode() => ProgressCodec.Encode(Entries);

    public bool Equals(Progress? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries);

    public override bool Equals(object? obj) => Equals(obj as Progress);

    public override int GetHashCode() => Entries.Aggregate(0, HashCode.Combine);

    internal Tally TallyOf(long key)
    {
        var place = Find(Entries, key);
        return place >= 0 ? Entries[place].Tally : default;
    }

    /// <summary>Where the key is; where it is not, the complement of where it belongs. Linear, since few measures are the rule.</summary>
    internal static int Find(Entry[] entries, long key)
    {
        for (var index = 0; index < entries.Length; index++)
        {
            if (entries[index].Key >= key)
                return entries[index].Key == key ? index : ~index;
        }

        return ~entries.Length;
    }

    internal readonly record struct Entry(long Key, Tally Tally);
}

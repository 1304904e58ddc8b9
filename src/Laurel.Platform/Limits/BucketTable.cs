using System.Numerics;
using System.Runtime.InteropServices;

namespace Laurel.Platform.Limits;

/// <summary>
/// The buckets of many, in memory of a fixed size, whoever comes. Like a processor's cache it is made of sets of a few places; a hash
/// that nobody outside can know chooses the set.
/// </summary>
/// <remarks>
/// A newcomer takes a free place or one whose bucket is full again, which forgets nothing. A bucket that is not full never goes: a
/// flood of addresses cannot refill anybody's, nor take it from somebody who is known. When all places of a set are in use, its
/// newcomers share one bucket more. To hold a place one has to keep sending, at the limit's own rate: at 50 a second it takes three
/// million requests a second to hold them all.
/// </remarks>
internal sealed class BucketTable
{
    public const int DefaultPlaces = 65_536;

    private const int PlacesOfSet = 8;
    private const int MaxStripes = 256;

    private readonly BucketRate _rate;
    private readonly Place[] _places;
    private readonly long[] _shared;
    private readonly Lock[] _stripes;

    /// <param name="rate">The rule that all buckets follow.</param>
    /// <param name="places">How many have a bucket of their own at most; a power of two.</param>
    public BucketTable(BucketRate rate, int places = DefaultPlaces)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(places, PlacesOfSet);
        ArgumentOutOfRangeException.ThrowIfNotEqual(BitOperations.PopCount((uint)places), 1, nameof(places));
        _rate = rate;
        _places = new Place[places];
        _shared = new long[places / PlacesOfSet];
        Array.Fill(_shared, long.MinValue);
        _stripes = [.. Enumerable.Range(0, Math.Min(MaxStripes, _shared.Length)).Select(_ => new Lock())];
    }

    /// <summary>How many buckets there are, the shared ones included. It never changes.</summary>
    public int Count => _places.Length + _shared.Length;

    public BucketLevel Take(UInt128 key, long now)
    {
        var set = SetOf(key);
        lock (_stripes[set % _stripes.Length])
            return _rate.Take(ref BucketOf(key, set, now), now);
    }

    /// <summary>Undoes a <see cref="Take"/>. One that is not found has been full since, and needs nothing back.</summary>
    public void GiveBack(UInt128 key)
    {
        var set = SetOf(key);
        lock (_stripes[set % _stripes.Length])
        {
            foreach (ref var place in PlacesOf(set))
            {
                if (place.Key == key)
                {
                    _rate.GiveBack(ref place.FullAt);
                    return;
                }
            }
        }
    }

    private ref long BucketOf(UInt128 key, int set, long now)
    {
        var free = -1;
        var places = PlacesOf(set);
        for (var at = 0; at < places.Length; at++)
        {
            ref var place = ref places[at];
            if (place.Key == key)
                return ref place.FullAt;
            place.FullAt = _rate.Bounded(place.FullAt, now);
            if (place.Key == UInt128.Zero || BucketRate.IsFull(place.FullAt, now))
                free = at;
        }

        if (free < 0)
            return ref _shared[set];

        places[free] = new Place(key, now);
        return ref places[free].FullAt;
    }

    private Span<Place> PlacesOf(int set) => _places.AsSpan(set * PlacesOfSet, PlacesOfSet);

    // Seeded anew in each process, so nobody can choose addresses that meet in one set.
    private int SetOf(UInt128 key) => (int)((uint)key.GetHashCode() % (uint)_shared.Length);

    /// <summary>Nobody has the key zero: it is free.</summary>
    [StructLayout(LayoutKind.Auto)]
    private record struct Place(UInt128 Key, long FullAt)
    {
        public UInt128 Key = Key;
        public long FullAt = FullAt;
    }
}

using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Laurel.Platform.Http;

namespace Laurel.Events.Claims;

/// <summary>What refused attempts are counted by.</summary>
internal readonly record struct RefusedKey(string UserId, DateOnly Day, EventId Event, OfferId? Offer, string Code)
{
    /// <summary>The order in which every process locks.</summary>
    public static readonly Comparer<RefusedKey> Order = Comparer<RefusedKey>.Create(static (left, right) =>
    {
        var order = string.CompareOrdinal(left.UserId, right.UserId);
        if (order == 0)
            order = left.Day.CompareTo(right.Day);
        if (order == 0)
            order = left.Event.Value.CompareTo(right.Event.Value);
        if (order == 0)
            order = Nullable.Compare(left.Offer?.Value, right.Offer?.Value);
        return order == 0 ? string.CompareOrdinal(left.Code, right.Code) : order;
    });
}

/// <summary>How many, and when the first and the last were.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RefusedCount(long Count, DateTimeOffset First, DateTimeOffset Last);

/// <summary>
/// Counts attempts that were refused, in memory, until they are written in the background: who is refused in a rush waits for nothing. What
/// a process has not written when it dies is lost, and what is too much is dropped, and counted.
/// </summary>
internal sealed class RefusedClaims : IDisposable
{
    private const int MaxWaiting = 50_000;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _dropped;
    private Dictionary<RefusedKey, RefusedCount> _waiting = [];

    public RefusedClaims(TimeProvider time, IMeterFactory meters)
    {
        _time = time;
        _meter = new Meter(new MeterOptions("Laurel.Claims") { Scope = meters });
        _dropped = _meter.CreateCounter<long>("laurel.claims.refused.dropped", "{attempt}", "Refused attempts that were not recorded, since there were too many.");
    }

    public void Note(ClaimWish wish, ClaimAnswer answer)
    {
        if (wish.Grant is not null || answer.StaysDue)
            return;
        var now = _time.GetUtcNow();
        foreach (var refusal in Told(wish, answer))
            Note(new RefusedKey(wish.UserId, DateOnly.FromDateTime(now.UtcDateTime), wish.Event, refusal.Offer, refusal.Error.Code), now);
    }

    public void Drop(long attempts) => _dropped.Add(attempts);

    /// <summary>All that has been counted since it was taken last.</summary>
    public IReadOnlyCollection<KeyValuePair<RefusedKey, RefusedCount>> Take()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return [];
            var taken = _waiting;
            _waiting = [];
            return taken;
        }
    }

    public void Dispose() => _meter.Dispose();

    private void Note(RefusedKey key, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_waiting.Count < MaxWaiting || _waiting.ContainsKey(key))
            {
                ref var counted = ref CollectionsMarshal.GetValueRefOrAddDefault(_waiting, key, out var isKnown);
                counted = isKnown ? counted with { Count = counted.Count + 1, Last = now } : new RefusedCount(1, now, now);
                return;
            }
        }

        Drop(1);
    }

    /// <summary>
    /// Those that tell something. Of things that are not there nothing is kept, or anybody could think of as many as they like; who claims
    /// all offers at once is not refused those that are not earned yet, unless that was all.
    /// </summary>
    private static IEnumerable<ClaimRefusal> Told(ClaimWish wish, ClaimAnswer answer)
    {
        var found = answer.Refused.Where(refusal => refusal.Error != Errors.NotFound && refusal.Error != EventsErrors.IdempotencyKeyReused).ToList();
        if (wish.Origin == ClaimOrigin.User && (wish.Offer is not null || found.Count <= 1))
            return found;
        var told = found.FindAll(refusal => !IsUsual(refusal.Error));
        if (told.Count == 0 && wish.Origin == ClaimOrigin.User && answer.Granted.Count == 0 && ClaimsApi.First(found) is { } first)
            told.Add(first);
        return told;
    }

    private static bool IsUsual(Error error) =>
        error == EventsErrors.AlreadyClaimed || error == EventsErrors.ApprovalPending || error == EventsErrors.ClaimRejected || error == EventsErrors.ConditionNotMet;
}

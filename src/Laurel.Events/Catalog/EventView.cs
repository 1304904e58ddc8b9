using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Catalog;

/// <summary>An event as it is shown. What stands after the version is for staff alone.</summary>
public sealed record EventView(
    EventId Id,
    EventStatus Status,
    Phase Phase,
    string Title,
    string Description,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    string TimeZone,
    TimeOnly DayStartsAt,
    Repeats Repeats,
    long ClaimWithinSeconds,
    Condition Condition,
    IReadOnlyList<Offer> Offers,
    int Version)
{
    public DateTimeOffset? FirstActivatedAt { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public string? CreatedBy { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public string? UpdatedBy { get; init; }

    /// <summary>Raised whenever all progress has to be counted anew.</summary>
    public int? Epoch { get; init; }

    /// <summary>Whether progress is still being counted anew.</summary>
    public bool? CatchingUp { get; init; }

    public Quarantine? Quarantine { get; init; }

    internal static EventView Of(Event stored, DateTimeOffset now, bool forStaff)
    {
        var request = stored.Request;
        var view = new EventView(
            stored.Id, stored.Status, stored.PhaseAt(now), request.Title, request.Description, request.StartsAt, request.EndsAt, request.TimeZone,
            request.DayStartsAt, request.Repeats, request.ClaimWithinSeconds, request.Condition, stored.Offers, stored.Version);
        return !forStaff ? view : view with
        {
            FirstActivatedAt = stored.FirstActivatedAt,
            CreatedAt = stored.CreatedAt,
            CreatedBy = stored.CreatedBy,
            UpdatedAt = stored.UpdatedAt,
            UpdatedBy = stored.UpdatedBy,
            Epoch = stored.Epoch,
            CatchingUp = stored.SettledEpoch < stored.Epoch,
            Quarantine = stored.Quarantine,
        };
    }
}

/// <summary>What an event was after one change, by whom and when it was made.</summary>
public sealed record EventVersion(int Version, EventChange Change, DateTimeOffset ChangedAt, string ChangedBy, FreeForm Content);

using System.Collections.Frozen;
using Laurel.Events.Activities;
using Laurel.Events.Claims;
using Laurel.Events.Deliveries;
using Laurel.Rules;

namespace Laurel.Events.Catalog;

/// <summary>The catalog at one version. Never changes; a newer one takes its place.</summary>
internal sealed class CatalogSnapshot(long version, int generation, IEnumerable<RunningEvent> events)
{
    public static readonly CatalogSnapshot Empty = new(0, 0, []);

    public long Version { get; } = version;

    /// <summary>Of the activity log.</summary>
    public int Generation { get; } = generation;

    /// <summary>Whether activities are being taken back, or lose their attributes: then whoever folds into a row writes it.</summary>
    public bool IsVoiding { get; init; }

    /// <summary>All but drafts.</summary>
    public FrozenDictionary<EventId, RunningEvent> Events { get; } = events.ToFrozenDictionary(running => running.Id);

    /// <summary>Those that are folded: active and not quarantined, in the order of their ids.</summary>
    public IReadOnlyList<RunningEvent> Active => field ??=
    [
        .. Events.Values.Where(running => running is { Status: EventStatus.Active, IsQuarantined: false }).OrderBy(running => running.Id.Value),
    ];

    /// <summary>Finds those that an activity counts in, however long ago they ended.</summary>
    public EventIndex Index => field ??= new EventIndex(Active);

    /// <summary>Of the activity log: all that are stored, this version's or newer.</summary>
    public StoredGenerations Log { get; init; } = new([]);

    /// <summary>The game's endpoints, but for deleted ones.</summary>
    public IReadOnlyList<Webhook> Webhooks { get; init; } = [];

    /// <summary>Those that are told what is granted, and have no say in it.</summary>
    public IReadOnlyList<WebhookId> Told => field ??= [.. Webhooks.Where(webhook => webhook is { Enabled: true, Fulfils: false }).Select(webhook => webhook.Id)];

    /// <summary>Active events that this process cannot read, and does not fold.</summary>
    public IReadOnlyList<(EventId Id, string Reason)> Unreadable { get; init; } = [];

    /// <summary>Whether there is an event, in whatever status but a draft, that this process cannot read.</summary>
    public bool HasUnreadable { get; init; }
}

/// <summary>An event that was activated at least once, ready to be folded.</summary>
internal sealed record RunningEvent(
    EventId Id,
    EventStatus Status,
    int Version,
    string Title,
    EventDefinition Definition,
    int Epoch,
    bool IsSettled,
    bool IsQuarantined,
    TimeSpan ClaimWithin,
    IReadOnlyList<Offer> Offers)
{
    /// <summary>The job that counts its progress anew, as long as it does; whoever counts a row anew before it tells it what that changed.</summary>
    public JobId? CatchUp { get; init; }

    /// <summary>The job that judged its progress last by new goals.</summary>
    public JobId? Rejudge { get; init; }

    /// <summary>What its offers give, in their order.</summary>
    public IReadOnlyList<Payout> Payouts => field ??= Payout.Of(Offers);

    /// <summary>Those bits of what is met that stand for something there is.</summary>
    public long KnownBits { get; } = Offers.Aggregate(1L, (bits, offer) => bits | (1L << offer.Ordinal));

    /// <summary>Those bits of what is met whose offers claim themselves.</summary>
    public long AutoBits { get; } = Offers.Where(offer => offer.ClaimsItself).Aggregate(0L, (bits, offer) => bits | (1L << offer.Ordinal));

    /// <summary>A window that is no longer one of the event's has no activities.</summary>
    public Window WindowOf(DateOnly key) =>
        Definition.Calendar.WindowAt(key) ?? new Window(key, Definition.Draft.StartsAt, Definition.Draft.StartsAt);

    /// <summary>The window that is asked for, else the one that is open, was the last, or will be the first.</summary>
    public Window? WindowFor(DateOnly? key, DateTimeOffset now)
    {
        var calendar = Definition.Calendar;
        if (key is { } asked)
            return calendar.WindowAt(asked);
        var (start, last) = (Definition.Draft.StartsAt, Definition.Draft.EndsAt.AddTicks(-1));
        return calendar.WindowOf(now < start ? start : now > last ? last : now);
    }

    public Phase PhaseAt(DateTimeOffset now) => Phases.At(now, Definition.Draft.StartsAt, Definition.Draft.EndsAt, ClaimWithin);
}

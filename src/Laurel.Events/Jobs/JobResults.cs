using Laurel.Events.Catalog;

namespace Laurel.Events.Jobs;

/// <summary>Who gained or lost what.</summary>
/// <param name="UserId">Whose progress it is.</param>
/// <param name="EventId">In which event.</param>
/// <param name="Window">The local date on which the window begins.</param>
/// <param name="Offers">The offers whose conditions are met now and were not before, or no longer.</param>
/// <param name="Condition">Whether the event's condition is one of them.</param>
public sealed record ChangedUser(string UserId, EventId EventId, DateOnly Window, IReadOnlyList<OfferId> Offers, bool Condition);

/// <summary>How many windows of users there are in which something was gained (or lost), and the first hundred of them.</summary>
public sealed record ChangedUsers(long Count, IReadOnlyList<ChangedUser> Users);

/// <summary>What counting anew comes to, or would come to.</summary>
/// <param name="Participants">How many users have done something that counts.</param>
/// <param name="Gained">Who meets a condition now and did not before.</param>
/// <param name="Lost">Who no longer meets one.</param>
/// <param name="BeyondHorizon">How many rows of progress were left as they are, since not all activities of their windows are stored any more.</param>
public sealed record RecountResult(long Participants, ChangedUsers Gained, ChangedUsers Lost, long BeyondHorizon);

/// <summary>Sums up what jobs changed.</summary>
internal sealed class JobResults(JobReader jobs, EventCatalog catalog, TimeProvider time)
{
    private const int RowsAtOnce = 10_000;

    /// <summary>How long one step of a job sums up: its lease lasts far longer.</summary>
    private static readonly TimeSpan Part = TimeSpan.FromSeconds(1);

    /// <summary>Goes on with the sum from where it stands.</summary>
    public async Task<ChangeTally> Sum(JobId job, ChangeTally tally, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (!tally.IsComplete && time.GetElapsedTime(started) < Part)
            tally = tally.With(await jobs.Changes(job, tally.After, RowsAtOnce, cancellation), RowsAtOnce);
        return tally;
    }

    /// <summary>The end of a sweep, or the next step to it.</summary>
    public async Task<Job> SumUp(Job job, SweepCursor cursor, CancellationToken cancellation)
    {
        var tally = await Sum(job.Id, cursor.Tally, cancellation);
        return tally.IsComplete
            ? job.Ended(new RecountResult(cursor.Participants, Gained(tally), Lost(tally), cursor.Beyond))
            : job.At(cursor with { Tally = tally });
    }

    public ChangedUsers Gained(ChangeTally tally) => new(tally.Gained, [.. tally.FirstGained.Select(Shown)]);

    public ChangedUsers Lost(ChangeTally tally) => new(tally.Lost, [.. tally.FirstLost.Select(Shown)]);

    private ChangedUser Shown(TalliedChange one) => Shown(one.User, one.Event, one.Window, one.Bits);

    /// <summary>An offer that is gone has no name any more.</summary>
    public ChangedUser Shown(string userId, EventId @event, DateOnly window, long bits) =>
        Shown(userId, @event, window, bits, catalog.Current.Events.GetValueOrDefault(@event)?.Offers ?? []);

    public static ChangedUser Shown(string userId, EventId @event, DateOnly window, long bits, IReadOnlyList<Offer> offers) => new(
        userId, @event, window, [.. offers.Where(offer => (bits >> offer.Ordinal & 1) != 0).Select(offer => offer.Id)], (bits & 1) != 0);
}

/// <summary>What has been summed up of a job's changes so far.</summary>
/// <param name="After">The last one that was looked at.</param>
/// <param name="Gained">In how many windows of users something was gained.</param>
/// <param name="Lost">In how many something was lost.</param>
/// <param name="FirstGained">The first of the first.</param>
/// <param name="FirstLost">The first of the second.</param>
internal sealed record ChangeTally(
    ChangeKey After, long Gained, long Lost, IReadOnlyList<TalliedChange> FirstGained, IReadOnlyList<TalliedChange> FirstLost)
{
    private const int MaxShown = 100;

    public static readonly ChangeTally Nothing = new(ChangeKey.First, 0, 0, [], []);

    public bool IsComplete { get; init; }

    /// <summary>A page that is not full was the last.</summary>
    public ChangeTally With(IReadOnlyList<Change> page, int full) => this with
    {
        After = page.Count > 0 ? new ChangeKey(page[^1].Key.UserId, page[^1].Key.EventId.Value, page[^1].Key.Window) : After,
        Gained = Gained + page.Count(change => change.Gained != 0),
        Lost = Lost + page.Count(change => change.Lost != 0),
        FirstGained = First(FirstGained, page, change => change.Gained),
        FirstLost = First(FirstLost, page, change => change.Lost),
        IsComplete = page.Count < full,
    };

    private static IReadOnlyList<TalliedChange> First(IReadOnlyList<TalliedChange> known, IEnumerable<Change> page, Func<Change, long> bits) =>
    [
        .. known.Concat(page.Where(change => bits(change) != 0)
            .Select(change => new TalliedChange(change.Key.UserId, change.Key.EventId, change.Key.Window, bits(change)))).Take(MaxShown),
    ];
}

internal sealed record TalliedChange(string User, EventId Event, DateOnly Window, long Bits);

using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;

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

/// <summary>What counting anew comes to.</summary>
/// <param name="Participants">How many users have done something that counts.</param>
/// <param name="Gained">Who meets a condition now and did not before.</param>
/// <param name="Lost">Who no longer meets one.</param>
/// <param name="BeyondHorizon">How many rows of progress were left as they are, since not all activities of their windows are stored any more.</param>
public sealed record RecountResult(long Participants, ChangedUsers Gained, ChangedUsers Lost, long BeyondHorizon);

/// <summary>Sums up what jobs changed.</summary>
internal sealed class JobResults(EventsDatabase database, EventCatalog catalog)
{
    public const int MaxShown = 100;

    public async Task<RecountResult> Of(JobId job, SweepCursor cursor, CancellationToken cancellation) => new(
        cursor.Participants, await Changed(job, "gained", cancellation), await Changed(job, "lost", cancellation), cursor.Beyond);

    public async Task<ChangedUsers> Changed(JobId job, string column, CancellationToken cancellation) => new(
        await database.Any.QueryOne($"SELECT count(*) FROM job_changes WHERE job_id = $1 AND {column} <> 0", row => row.GetInt64(0), [job.Value], cancellation),
        await database.Any.Query(
            $"""
            SELECT user_id, event_id, window_key, {column}
            FROM job_changes
            WHERE job_id = $1 AND {column} <> 0
            ORDER BY user_id, event_id, window_key
            LIMIT {MaxShown}
            """,
            row => Shown(row.GetString(0), new EventId(row.GetGuid(1)), row.GetFieldValue<DateOnly>(2), row.GetInt64(3)), [job.Value], cancellation));

    /// <summary>An offer that is gone has no name any more.</summary>
    public ChangedUser Shown(string userId, EventId @event, DateOnly window, long bits) =>
        Shown(userId, @event, window, bits, catalog.Current.Events.GetValueOrDefault(@event)?.Offers ?? []);

    public static ChangedUser Shown(string userId, EventId @event, DateOnly window, long bits, IReadOnlyList<Offer> offers) => new(
        userId, @event, window, [.. offers.Where(offer => (bits >> offer.Ordinal & 1) != 0).Select(offer => offer.Id)], (bits & 1) != 0);
}

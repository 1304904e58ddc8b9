using System.Data;
using System.Runtime.InteropServices;
using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Laurel.Rules;

namespace Laurel.Events.Jobs;

/// <summary>One row of progress of an event: as it is stored, and as all stored activities come to.</summary>
internal readonly record struct SweptRow(ProgressKey Key, ProgressRow? Row, Rules.Progress Anew);

/// <summary>Some users of an event, in the order of the database.</summary>
/// <param name="Rows">Every row that they have, or would have.</param>
/// <param name="Users">How many they are.</param>
/// <param name="Last">The last one; null where there were none, so that the sweep is at its end.</param>
/// <param name="Weight">How many rows and activities were read for them.</param>
internal sealed record Swept(IReadOnlyList<SweptRow> Rows, int Users, string? Last, int Weight);

/// <summary>
/// Goes through all users that an event may have to do with: who have activities stored in generations of its period, or progress in
/// it. It reads index pages to find them, and then their activities; never a whole table.
/// </summary>
internal sealed class UserSweep(EventsDatabase database, EventCatalog catalog)
{
    /// <summary>
    /// The users after $4, each found by a step into the two indexes. The comparison of rows leaves the planner no other index of
    /// progress than the one of this order.
    /// </summary>
    private const string Users =
        """
        WITH RECURSIVE users (user_id) AS (
            SELECT $4::text COLLATE "C"
            UNION ALL
            SELECT (
                SELECT min(next.user_id)
                FROM (
                    (SELECT activities.user_id
                     FROM activities
                     WHERE activities.user_id > users.user_id AND activities.generation BETWEEN $2 AND $3
                     ORDER BY activities.user_id
                     LIMIT 1)
                    UNION ALL
                    (SELECT progress.user_id
                     FROM progress
                     WHERE (progress.event_id, progress.user_id) > ($1, users.user_id) AND progress.event_id <= $1
                     ORDER BY progress.event_id, progress.user_id
                     LIMIT 1)
                ) AS next)
            FROM users
            WHERE users.user_id IS NOT NULL
        )
        """;

    private const string Rows =
        """
        SELECT user_id, event_id, window_key, version, epoch, met, state
        FROM progress
        WHERE (event_id, user_id) > ($1, $2) AND (event_id, user_id) <= ($1, $3)
        """;

    /// <summary>How many users there are after this one, up to a limit, and the first and the last of them.</summary>
    public async Task<(long Users, string? First, string? Last)> Count(
        EventId @event, EventDefinition definition, string after, int limit, CancellationToken cancellation)
    {
        var held = await Holding(definition, cancellation);
        return await database.Batches.QueryOne(
            $"""
            {Users}
            SELECT count(*), min(user_id), max(user_id)
            FROM (SELECT user_id FROM users OFFSET 1 LIMIT $5) AS counted
            WHERE user_id IS NOT NULL
            """,
            row => (row.GetInt64(0), row.OptionalText(1), row.OptionalText(2)), [@event.Value, held.First, held.Last, after, limit], cancellation);
    }

    /// <summary>
    /// Reads the next users, all of them as of one moment: rows of progress and the activities that they are compared with. Whoever
    /// changes a row after that is noticed by its version.
    /// </summary>
    public async Task<Swept> Read(EventId @event, EventDefinition definition, string after, int limit, CancellationToken cancellation)
    {
        var held = await Holding(definition, cancellation);
        var (users, first, last) = await Count(@event, definition, after, limit, cancellation);
        if (last is null)
            return new Swept([], 0, null, 0);

        await using var connection = await database.Batches.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var stored = (await transaction.Query(
            Rows, row => (Key: ProgressStore.Key(row, 0), Row: ProgressStore.Row(row, 3)), [@event.Value, after, last], cancellation))
            .ToDictionary(one => one.Key, one => one.Row);
        var anew = stored.Keys.ToDictionary(key => key, _ => Rules.Progress.Empty);
        var wish = new HistoryWish(
            held, definition.Draft.StartsAt, definition.Draft.EndsAt, [.. definition.Measures.Select(measure => measure.Activity).Distinct()]);
        var activities = await UserHistory.Read(transaction, first!, last, wish, Add, cancellation);

        var rows = anew.Select(one => new SweptRow(one.Key, stored.GetValueOrDefault(one.Key), one.Value)).ToList();
        rows.Sort((left, right) => ProgressKey.Order.Compare(left.Key, right.Key));
        return new Swept(rows, (int)users, last, stored.Count + activities);

        void Add(string user, Activity activity)
        {
            if (definition.Calendar.WindowOf(activity.OccurredAt) is not { } window)
                return;
            ref var progress = ref CollectionsMarshal.GetValueRefOrAddDefault(anew, new ProgressKey(user, @event, window.Key), out _);
            progress = Fold(definition, progress ?? Rules.Progress.Empty, activity);
        }
    }

    /// <summary>Counts the next few thousand users, if some are left to be counted. How much there is to do is known when all are.</summary>
    public async Task<(Job Job, SweepCursor Cursor)> CountAlongside(Job job, SweepCursor cursor, EventDefinition definition, CancellationToken cancellation)
    {
        if (cursor.IsCounted)
            return (job, cursor);
        var (users, _, last) = await Count(job.Event!.Value, definition, cursor.CountedTo, job.Careful(SweepCursor.CountedAtOnce), cancellation);
        cursor = cursor with { Counted = cursor.Counted + users, CountedTo = last ?? cursor.CountedTo, IsCounted = last is null };
        return (last is null ? job with { ToGo = Math.Max(0, cursor.Counted - job.Done) } : job, cursor);
    }

    private static Rules.Progress Fold(EventDefinition definition, Rules.Progress progress, Activity activity)
    {
        try
        {
            return Engine.Fold(definition, progress, activity);
        }
#pragma warning disable CA1031 // Whatever it is, it is a bug that stands in the way of this one event alone.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            throw new FoldFailedException(bug);
        }
    }

    private async Task<(int First, int Last)> Holding(EventDefinition definition, CancellationToken cancellation) =>
        (await catalog.Load(cancellation)).Log.Holding(definition.Draft.StartsAt, definition.Draft.EndsAt);
}

/// <summary>A fold threw: a bug, or a state that is none. The event is to be quarantined.</summary>
internal sealed class FoldFailedException(Exception bug) : Exception($"{bug.GetType().Name}: {bug.Message}", bug);

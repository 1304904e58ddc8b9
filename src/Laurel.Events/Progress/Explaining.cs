using System.Data;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Progress;

/// <summary>The place of an activity among those of its user, from the oldest to the newest.</summary>
/// <remarks>The time in ticks: JSON has it in milliseconds, which is not fine enough to go on from.</remarks>
internal readonly record struct ActivityPlace(long OccurredAtTicks, string Id, int Generation);

/// <summary>What is asked to be explained, and from which place downwards.</summary>
internal sealed record ExplanationWish(string UserId, EventId Event, DateOnly? Window, ActivityPlace? Before, int Limit);

/// <summary>All of a user's progress in a window, and why.</summary>
internal sealed record Explained(
    RunningEvent Event, Window Window, Verdict Verdict, StoredProgress Stored, IReadOnlyList<ExplainedActivity> Page, ActivityPlace? Next);

/// <summary>
/// Folds a user's stored activities from nothing in the order in which they occurred, and tells what each of them changed. One pass
/// over a stream: what is held in memory is one page of it, however long the history is.
/// </summary>
internal sealed class Explaining(EventsDatabase database, EventCatalog catalog, TimeProvider time)
{
    internal const string Statement =
        """
        SELECT type, occurred_at, value, attributes, received_at, id, generation, void_id IS NOT NULL,
            $4::timestamptz IS NULL OR (occurred_at, id, generation) < ($4, $5::text, $6::int)
        FROM activities
        WHERE user_id = $1 AND occurred_at >= $2 AND occurred_at < $3
        ORDER BY occurred_at, id, generation
        """;

    /// <summary>What players ask about is often what they did just before the window began or after it ended.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromDays(1);

    /// <summary>Null where there is no such event with progress, or it has no such window.</summary>
    public async Task<Explained?> Explain(ExplanationWish wish, CancellationToken cancellation) =>
        (await catalog.Read(snapshot => Explain(snapshot, wish, cancellation), cancellation)).Explained;

    /// <summary>Null where the snapshot is older than what is stored.</summary>
    private async Task<Answer?> Explain(CatalogSnapshot snapshot, ExplanationWish wish, CancellationToken cancellation)
    {
        await using var connection = await database.Batches.OpenConnectionAsync(cancellation);
        // One moment for all: the catalog, the progress, and the activities that it was folded from.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return await Comparison.Read(transaction, snapshot, cancellation) is { } comparison
            ? new Answer(await Explain(transaction, comparison, wish, cancellation))
            : null;
    }

    private async Task<Explained?> Explain(NpgsqlTransaction transaction, Comparison comparison, ExplanationWish wish, CancellationToken cancellation)
    {
        if (comparison.Catalog.Events.GetValueOrDefault(wish.Event) is not { } on || on.WindowFor(wish.Window, time.GetUtcNow()) is not { } window)
            return null;

        var row = await ReadRow(transaction, new ProgressKey(wish.UserId, on.Id, window.Key), cancellation);
        var page = new Queue<(Stored Activity, Rules.Progress Before)>(wish.Limit + 1);
        var progress = Rules.Progress.Empty;
        await using (var reader = await Read(transaction, wish, window, cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                var activity = Stored.Of(reader, on.Definition.Calendar, window);
                if (reader.GetBoolean(8))
                    Keep(page, activity, progress, wish.Limit);
                if (activity.Reason is null)
                    progress = Engine.Fold(on.Definition, progress, activity.Content);
            }
        }

        var next = page.Count > wish.Limit ? page.Skip(1).First().Activity.Place : (ActivityPlace?)null;
        return new Explained(
            on,
            window,
            Engine.Judge(on.Definition, progress),
            comparison.Of(on, window, row, progress),
            [.. page.Skip(Math.Max(0, page.Count - wish.Limit)).Reverse().Select(one => one.Activity.Explain(on, one.Before))],
            next);
    }

    /// <summary>The last ones, and one more that tells that there are more.</summary>
    private static void Keep(Queue<(Stored, Rules.Progress)> page, Stored activity, Rules.Progress before, int limit)
    {
        page.Enqueue((activity, before));
        if (page.Count > limit + 1)
            page.Dequeue();
    }

    private static async Task<ProgressRow?> ReadRow(NpgsqlTransaction transaction, ProgressKey key, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { ProgressStore.Read([key]) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? ProgressStore.Row(reader, 1) : null;
    }

    private static async Task<NpgsqlDataReader> Read(NpgsqlTransaction transaction, ExplanationWish wish, Window window, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Statement, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = wish.UserId });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (window.Start - Margin).UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (window.End + Margin).UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = wish.Before is { } before ? new DateTime(before.OccurredAtTicks, DateTimeKind.Utc) : DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.TimestampTz,
        });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = wish.Before?.Id ?? "" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = wish.Before?.Generation ?? 0 });
        return await command.ExecuteReaderAsync(cancellation);
    }

    /// <summary>A stored activity, and why it is not looked at, if it is not.</summary>
    private sealed record Stored(Activity Content, string Id, int Generation, DateTimeOffset ReceivedAt, NotLookedAt? Reason)
    {
        public ActivityPlace Place => new(Content.OccurredAt.UtcTicks, Id, Generation);

        public static Stored Of(NpgsqlDataReader row, Calendar calendar, Window window)
        {
            var content = ActivityLog.Read(row, 0);
            NotLookedAt? reason = row.GetBoolean(7) ? NotLookedAt.Voided
                : !calendar.Contains(content.OccurredAt) ? NotLookedAt.OutsidePeriod
                : content.OccurredAt < window.Start || content.OccurredAt >= window.End ? NotLookedAt.OutsideWindow
                : null;
            return new Stored(content, row.GetString(5), row.GetInt32(6), row.Time(4), reason);
        }

        public ExplainedActivity Explain(RunningEvent on, Rules.Progress before)
        {
            var explanation = Reason is null ? Engine.Explain(on.Definition, before, Content) : new Explanation(false, []);
            var leaves = explanation.Leaves
                .Where(leaf => leaf.Outcome != Outcome.TypeNotMeasured)
                .Select(leaf => new ExplainedLeaf(
                    on.Offers.FirstOrDefault(offer => offer.Ordinal == leaf.Ordinal)?.Id, leaf.Path, leaf.Type, leaf.Outcome, leaf.Attribute))
                .ToList();
            return new ExplainedActivity(
                Id,
                Content.Type,
                Content.OccurredAt,
                ReceivedAt,
                Content.Value,
                Content.Attributes.Count == 0 ? null : Content.Attributes,
                explanation.Counted,
                Reason ?? (leaves.Count == 0 ? NotLookedAt.TypeNotMeasured : null),
                leaves);
        }
    }

    private sealed record Answer(Explained? Explained);
}

using System.Data;
using System.Runtime.InteropServices;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Progress;

/// <summary>
/// Folds stored activities from nothing and compares what they come to with the stored progress. Each batch of users is seen at one
/// moment, and activities are stored and folded in one transaction, so it is right also while activities pour in.
/// </summary>
internal sealed class Verification(EventsDatabase database, EventCatalog catalog)
{
    private const int UsersAtOnce = 100;
    private const int TimeoutSeconds = 300;

    /// <summary>Whoever has activities or progress, after $1; each found by a step into each index.</summary>
    internal const string NextUsers =
        """
        WITH RECURSIVE users (user_id) AS (
            SELECT $1::text COLLATE "C"
            UNION ALL
            SELECT (
                SELECT min(next.user_id)
                FROM (
                    (SELECT user_id FROM activities WHERE activities.user_id > users.user_id ORDER BY activities.user_id LIMIT 1)
                    UNION ALL
                    (SELECT user_id FROM progress WHERE progress.user_id > users.user_id ORDER BY progress.user_id LIMIT 1)
                ) AS next)
            FROM users
            WHERE users.user_id IS NOT NULL
        )
        SELECT user_id
        FROM (SELECT user_id FROM users OFFSET 1 LIMIT $2) AS found
        WHERE user_id IS NOT NULL
        """;

    internal const string Rows =
        """
        SELECT user_id, event_id, window_key, version, epoch, met, state
        FROM progress
        WHERE user_id = ANY ($1)
        """;

    internal const string History =
        """
        SELECT user_id, type, occurred_at, value, attributes
        FROM activities
        WHERE user_id = ANY ($1) AND type = ANY ($2) AND void_id IS NULL
        """;

    /// <summary>Blocks drawn at random, enough of them; a small table is drawn whole.</summary>
    private const string Sample =
        """
        WITH size AS (
            SELECT greatest(sum(pg_relation_size(relid)) / current_setting('block_size')::bigint, 1) AS blocks
            FROM pg_partition_tree('activities')
        ),
        drawn AS (
            SELECT user_id FROM activities TABLESAMPLE SYSTEM (least(100, 400.0 * $1 / (SELECT blocks FROM size)))
            UNION
            SELECT user_id FROM progress TABLESAMPLE SYSTEM (
                least(100, 400.0 * $1 / greatest(pg_relation_size('progress') / current_setting('block_size')::bigint, 1)))
        )
        SELECT user_id FROM drawn ORDER BY random() LIMIT $1
        """;

    /// <param name="sample">How many users; null: all.</param>
    /// <param name="summary">What is found.</param>
    /// <param name="told">Called after each batch.</param>
    /// <param name="cancellation">Ends it between two statements.</param>
    public async Task Run(int? sample, VerificationSummary summary, Action told, CancellationToken cancellation)
    {
        var drawn = sample is { } count ? await Draw(count, cancellation) : null;
        var after = "";
        for (var at = 0; ; at += UsersAtOnce)
        {
            var some = drawn?.Skip(at).Take(UsersAtOnce).ToArray();
            if (some is { Length: 0 })
                return;
            var users = await catalog.Read(snapshot => Compare(snapshot, after, some, summary, cancellation), cancellation);
            if (users.Length == 0)
                return;
            after = users[^1];
            summary.Users += users.Length;
            told();
        }
    }

    private Task<List<string>> Draw(int count, CancellationToken cancellation) =>
        database.Any.InTransaction(
            async transaction =>
            {
                await transaction.Execute($"SET LOCAL statement_timeout = '{TimeoutSeconds}s'", [], cancellation);
                return await transaction.Query(Sample, row => row.GetString(0), [count], cancellation);
            },
            cancellation);

    /// <summary>Compares the next users after one, or these. Returns who they were; null where the snapshot is older than what is stored.</summary>
    private async Task<string[]?> Compare(
        CatalogSnapshot snapshot, string after, string[]? some, VerificationSummary summary, CancellationToken cancellation)
    {
        await using var connection = await database.Batches.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await transaction.Execute($"SET LOCAL statement_timeout = '{TimeoutSeconds}s'", [], cancellation);
        if (await Comparison.Read(transaction, snapshot, cancellation) is not { } comparison)
            return null;

        var users = some ?? [.. await transaction.Query(NextUsers, row => row.GetString(0), [after, UsersAtOnce], cancellation)];
        if (users.Length > 0)
            await Compare(transaction, comparison, users, summary, cancellation);
        return users;
    }

    private static async Task Compare(
        NpgsqlTransaction transaction, Comparison comparison, string[] users, VerificationSummary summary, CancellationToken cancellation)
    {
        var anew = await Fold(transaction, comparison.Catalog, users, cancellation);
        await using (var reader = await Read(transaction, Rows, [users], cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                var (key, row) = (ProgressStore.Key(reader, 0), ProgressStore.Row(reader, 3));
                anew.Remove(key, out var progress);
                if (comparison.Catalog.Events.GetValueOrDefault(key.EventId) is { } on)
                    Add(on, key, row, progress ?? Rules.Progress.Empty);
                else
                    summary.Skip(StoredProgress.NotCounted);
            }
        }

        // Whatever is left has no row.
        foreach (var (key, progress) in anew.Where(one => !one.Value.IsEmpty).OrderBy(one => one.Key, ProgressKey.Order))
            Add(comparison.Catalog.Events[key.EventId], key, null, progress);

        void Add(RunningEvent on, ProgressKey key, ProgressRow? row, Rules.Progress progress) =>
            summary.Add(comparison.Of(on, on.WindowOf(key.Window), row, progress), on, key, row, progress);
    }

    /// <summary>What the stored activities of these users come to, wherever that is not nothing.</summary>
    private static async Task<Dictionary<ProgressKey, Rules.Progress>> Fold(
        NpgsqlTransaction transaction, CatalogSnapshot snapshot, string[] users, CancellationToken cancellation)
    {
        var index = new EventIndex(snapshot.Active);
        var types = snapshot.Active.SelectMany(on => on.Definition.Measures).Select(measure => measure.Activity).Distinct().ToArray();
        var (folded, found) = (new Dictionary<ProgressKey, Rules.Progress>(), new List<RunningEvent>());
        await using var reader = await Read(transaction, History, [users, types], cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var activity = ActivityLog.Read(reader, 1);
            index.Find(activity, found);
            foreach (var on in found)
            {
                if (on.Definition.Calendar.WindowOf(activity.OccurredAt) is not { } window)
                    continue;
                ref var progress = ref CollectionsMarshal.GetValueRefOrAddDefault(folded, new ProgressKey(reader.GetString(0), on.Id, window.Key), out _);
                progress = Engine.Fold(on.Definition, progress ?? Rules.Progress.Empty, activity);
            }
        }

        return folded;
    }

    private static async Task<NpgsqlDataReader> Read(NpgsqlTransaction transaction, string statement, string[][] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(statement, transaction.Connection, transaction) { CommandTimeout = TimeoutSeconds };
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = value });
        return await command.ExecuteReaderAsync(cancellation);
    }
}

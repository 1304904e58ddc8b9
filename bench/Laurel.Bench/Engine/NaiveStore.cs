using Npgsql;

namespace Laurel.Bench.Engine;

internal enum NaiveOutcome
{
    Accepted,
    Duplicate,
}

/// <summary>
/// The other yardstick: what a good engineer writes without thinking of batches. A transaction for each request, in two round trips.
/// </summary>
internal sealed class NaiveStore(NpgsqlDataSource database)
{
    private const string Insert =
        """
        INSERT INTO activities (user_id, id, generation, type, occurred_at, value, attributes)
        VALUES ($1, $2, 1, $3, $4, $5, $6::jsonb)
        ON CONFLICT DO NOTHING
        """;

    private const string Lock =
        """
        SELECT event_id, version, state
        FROM progress
        WHERE user_id = $1 AND event_id = ANY ($2) AND window_key = $3
        ORDER BY event_id
        FOR UPDATE
        """;

    private const string Save =
        """
        INSERT INTO progress (user_id, event_id, window_key, met, version, epoch, state)
        SELECT $1, event_id, $2, 0, version, 0, state
        FROM unnest($3::uuid[], $4::int[], $5::bytea[]) AS folded (event_id, version, state)
        ON CONFLICT (user_id, event_id, window_key) DO UPDATE
        SET state = excluded.state, version = excluded.version, updated_at = now()
        WHERE progress.version = excluded.version - 1
        """;

    public async Task<NaiveOutcome> Add(NaiveActivity activity, CancellationToken cancel)
    {
        while (true)
        {
            if (await TryAdd(activity, cancel) is { } outcome)
                return outcome;
        }
    }

    /// <returns>Null when another request has just made this user's first progress, which there was no row to lock for.</returns>
    private async Task<NaiveOutcome?> TryAdd(NaiveActivity activity, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        // Sent with the first statements. What is not committed is rolled back as the connection goes back to its pool.
        await connection.BeginTransactionAsync(cancel);
        if (await InsertAndLock(connection, activity, cancel) is not { } counts)
            return NaiveOutcome.Duplicate;

        var save = SaveOf(activity, [.. counts.Select(row => (row.Version + 1, row.Count + 1))]);
        if (counts.All(row => row.Version > 0))
        {
            await using var saveAndCommit = new NpgsqlBatch(connection) { BatchCommands = { save, new("COMMIT") } };
            await saveAndCommit.ExecuteNonQueryAsync(cancel);
            return NaiveOutcome.Accepted;
        }

        await using var first = new NpgsqlBatch(connection) { BatchCommands = { save } };
        if (await first.ExecuteNonQueryAsync(cancel) < counts.Length)
            return null;
        await using var commit = new NpgsqlCommand("COMMIT", connection);
        await commit.ExecuteNonQueryAsync(cancel);
        return NaiveOutcome.Accepted;
    }

    /// <returns>For each event; null when the activity was there already.</returns>
    private static async Task<(int Version, long Count)[]?> InsertAndLock(NpgsqlConnection connection, NaiveActivity activity, CancellationToken cancel)
    {
        var insert = new NpgsqlBatchCommand(Insert)
        {
            Parameters =
            {
                Value(activity.UserId), Value(activity.Id), Value(activity.Type), Value(activity.OccurredAt.UtcDateTime), Value(activity.Value),
                Value(activity.Attributes.GetRawText()),
            },
        };
        var lockRows = new NpgsqlBatchCommand(Lock) { Parameters = { Value(activity.UserId), Value(HandWritten.Events), Value(HandWritten.Window) } };
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { insert, lockRows } };

        var counts = new (int Version, long Count)[HandWritten.Events.Length];
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                counts[Array.IndexOf(HandWritten.Events, reader.GetGuid(0))] = (reader.GetInt32(1), HandWritten.CountOf(reader.GetFieldValue<byte[]>(2)));
        }
        return insert.RecordsAffected == 0 ? null : counts;
    }

    private static NpgsqlBatchCommand SaveOf(NaiveActivity activity, (int Version, long Count)[] rows) => new(Save)
    {
        Parameters =
        {
            Value(activity.UserId),
            Value(HandWritten.Window),
            Value(HandWritten.Events),
            Value(Array.ConvertAll(rows, row => row.Version)),
            Value(Array.ConvertAll(rows, row => HandWritten.StateOf(row.Count))),
        },
    };

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}

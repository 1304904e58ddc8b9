using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Progress;

/// <summary>The statements on progress rows. Keys are passed in their order, so that locks are taken in one order everywhere.</summary>
internal static class ProgressStore
{
    public static NpgsqlBatchCommand Read(IReadOnlyList<ProgressKey> keys)
    {
        var command = new NpgsqlBatchCommand(
            """
            SELECT key.place, stored.version, stored.epoch, stored.met, stored.state
            FROM unnest($1::text[], $2::uuid[], $3::date[]) WITH ORDINALITY AS key (user_id, event_id, window_key, place)
            CROSS JOIN LATERAL (
                SELECT *
                FROM progress
                WHERE progress.user_id = key.user_id AND progress.event_id = key.event_id AND progress.window_key = key.window_key
                OFFSET 0
            ) AS stored
            """);
        AddKeys(command, keys);
        return command;
    }

    /// <summary>
    /// Writes the rows whose stored version is still the one they were made from. A row that is refused is locked from then on: what is
    /// read of it next stays true.
    /// </summary>
    /// <param name="keys">In their order.</param>
    /// <param name="rows">One for each key.</param>
    /// <param name="tell">Whether to return the keys of the rows that were written.</param>
    public static NpgsqlBatchCommand Write(IReadOnlyList<ProgressKey> keys, IReadOnlyList<ProgressRow> rows, bool tell)
    {
        var command = new NpgsqlBatchCommand(
            $"""
            INSERT INTO progress (user_id, event_id, window_key, version, epoch, met, state)
            SELECT user_id, event_id, window_key, version, epoch, met, state
            FROM unnest($1::text[], $2::uuid[], $3::date[], $4::int[], $5::int[], $6::bigint[], $7::bytea[])
                AS folded (user_id, event_id, window_key, version, epoch, met, state)
            ON CONFLICT (user_id, event_id, window_key) DO UPDATE
            SET version = excluded.version, epoch = excluded.epoch, met = excluded.met, state = excluded.state, updated_at = now()
            WHERE progress.version = excluded.version - 1
            {(tell ? "RETURNING user_id, event_id, window_key" : "")}
            """);
        AddKeys(command, keys);
        command.Parameters.Add(Columns.Of(rows, NpgsqlDbType.Integer, row => row.Version));
        command.Parameters.Add(Columns.Of(rows, NpgsqlDbType.Integer, row => row.Epoch));
        command.Parameters.Add(Columns.Of(rows, NpgsqlDbType.Bigint, row => row.Met));
        command.Parameters.Add(Columns.Of(rows, NpgsqlDbType.Bytea, row => row.State));
        return command;
    }

    public static ProgressRow Row(NpgsqlDataReader row, int column) =>
        new(row.GetInt32(column), row.GetInt32(column + 1), row.GetInt64(column + 2), row.GetFieldValue<byte[]>(column + 3));

    public static ProgressKey Key(NpgsqlDataReader row, int column) =>
        new(row.GetString(column), new EventId(row.GetGuid(column + 1)), row.GetFieldValue<DateOnly>(column + 2));

    private static void AddKeys(NpgsqlBatchCommand command, IReadOnlyList<ProgressKey> keys)
    {
        command.Parameters.Add(Columns.Of(keys, NpgsqlDbType.Text, key => key.UserId));
        command.Parameters.Add(Columns.Of(keys, NpgsqlDbType.Uuid, key => key.EventId.Value));
        command.Parameters.Add(Columns.Of(keys, NpgsqlDbType.Date, key => key.Window));
    }
}

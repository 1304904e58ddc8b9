using Npgsql;

namespace Laurel.Bench.Engine;

/// <summary>
/// The yardstick: what Laurel's own statements cost when nothing else is done. One exchange is one transaction of 500 activities,
/// each of which moves the progress of its user in three events; no HTTP, no rules. Its users are its own, as a shard's are.
/// </summary>
internal sealed class Limit(NpgsqlDataSource database, Feed feed) : IClient
{
    public const int BatchSize = 500;
    public const int Connections = 2;

    private NpgsqlConnection? _connection;

    public async ValueTask<string?> Exchange()
    {
        var open = _connection ??= await database.OpenConnectionAsync();
        var batch = new Happening[BatchSize];
        for (var i = 0; i < batch.Length; i++)
            batch[i] = feed.Next();
        Array.Sort(batch, (a, b) => string.CompareOrdinal(a.UserId, b.UserId));
        var keys = batch.Select(happening => happening.UserId).Distinct().SelectMany(user => HandWritten.Events.Select(e => (User: user, Event: e))).ToArray();

        await using var transaction = await open.BeginTransactionAsync();
        var (accepted, rows) = await InsertAndRead(open, batch, keys);
        var moved = await Upsert(open, keys, rows);
        await transaction.CommitAsync();
        return accepted < batch.Length ? "an activity was there already" : moved < keys.Length ? "another had moved the progress" : null;
    }

    public void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }

    public void Dispose() => Drop();

    private static async Task<(int Accepted, Dictionary<(string User, Guid Event), (int Version, byte[] State)> Rows)> InsertAndRead(
        NpgsqlConnection connection, Happening[] activities, (string User, Guid Event)[] keys)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT pg_advisory_xact_lock_shared(0)"),
                new("SELECT version, generation FROM catalog"),
                new(LimitSql.Insert)
                {
                    Parameters =
                    {
                        Column(activities, activity => activity.OccurredAt.UtcDateTime),
                        Column(activities, activity => activity.Value),
                        Column(activities, activity => activity.UserId),
                        Column(activities, activity => activity.Id),
                        Column(activities, _ => Feed.Activity),
                        Column(activities, activity => activity.Attributes),
                        new NpgsqlParameter<int> { TypedValue = 1 },
                        new NpgsqlParameter<Guid> { TypedValue = HandWritten.Events[0] },
                    },
                },
                new(LimitSql.Read)
                {
                    Parameters = { Column(keys, key => key.User), Column(keys, key => key.Event), Column(keys, _ => HandWritten.Window) },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.NextResultAsync();
        var accepted = 0;
        while (await reader.ReadAsync())
            accepted++;
        await reader.NextResultAsync();
        var rows = new Dictionary<(string, Guid), (int, byte[])>(keys.Length);
        while (await reader.ReadAsync())
            rows[(reader.GetString(0), reader.GetGuid(1))] = (reader.GetInt32(3), reader.GetFieldValue<byte[]>(6));
        return (accepted, rows);
    }

    private static async Task<int> Upsert(
        NpgsqlConnection connection, (string User, Guid Event)[] keys, Dictionary<(string User, Guid Event), (int Version, byte[] State)> rows)
    {
        await using var command = new NpgsqlCommand(LimitSql.Upsert, connection)
        {
            Parameters =
            {
                Column(keys, _ => 0L),
                Column(keys, key => rows.GetValueOrDefault(key).Version + 1),
                Column(keys, _ => 0),
                Column(keys, _ => HandWritten.Window),
                Column(keys, key => key.Event),
                Column(keys, key => key.User),
                Column(keys, key => rows.TryGetValue(key, out var row) ? row.State : HandWritten.StateOf(1)),
            },
        };
        return await command.ExecuteNonQueryAsync();
    }

    private static NpgsqlParameter<TValue[]> Column<TItem, TValue>(TItem[] items, Converter<TItem, TValue> value) =>
        new() { TypedValue = Array.ConvertAll(items, value) };
}

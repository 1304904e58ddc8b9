using Laurel.Events;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Rules;
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
        var connection = _connection ??= await database.OpenConnectionAsync();
        var activities = new NewActivity[BatchSize];
        for (var i = 0; i < activities.Length; i++)
            activities[i] = Stored(feed.Next());
        Array.Sort(activities, (one, other) => string.CompareOrdinal(one.UserId, other.UserId));
        ProgressKey[] keys =
        [
            .. from user in activities.Select(activity => activity.UserId).Distinct()
               from id in HandWritten.Events
               select new ProgressKey(user, new EventId(id), HandWritten.Window),
        ];

        await using var transaction = await connection.BeginTransactionAsync();
        var (accepted, rows) = await StoreAndRead(connection, activities, keys);
        var moved = await Write(connection, keys, Array.ConvertAll(rows, Next));
        await transaction.CommitAsync();
        return accepted < activities.Length ? "an activity was there already" : moved < keys.Length ? "another had moved the progress" : null;
    }

    public void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }

    public void Dispose() => Drop();

    private static async Task<(int Accepted, ProgressRow?[] Rows)> StoreAndRead(NpgsqlConnection connection, NewActivity[] activities, ProgressKey[] keys)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { Fence.Pass(), Fence.Read(), ActivityLog.Insert(generation: 1, activities), ProgressStore.Read(keys) },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.NextResultAsync();
        var accepted = 0;
        while (await reader.ReadAsync())
            accepted++;
        await reader.NextResultAsync();
        var rows = new ProgressRow?[keys.Length];
        while (await reader.ReadAsync())
            rows[reader.GetInt64(0) - 1] = ProgressStore.Row(reader, 1);
        return (accepted, rows);
    }

    private static async Task<int> Write(NpgsqlConnection connection, ProgressKey[] keys, ProgressRow[] rows)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { ProgressStore.Write(keys, rows, tell: false) } };
        return await batch.ExecuteNonQueryAsync();
    }

    private static ProgressRow Next(ProgressRow? row) => new((row?.Version ?? 0) + 1, epoch: 1, met: 0, row?.State ?? HandWritten.StateOf(1));

    private static NewActivity Stored(Happening happening) => new(
        happening.UserId,
        happening.Id,
        new Activity(Feed.Activity, happening.OccurredAt, happening.Value, Attributes.Parse(happening.Attributes)),
        HandWritten.Events[0]);
}

using Laurel.Events.Catalog;
using Laurel.Events.Claims;
using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Activities;

/// <summary>One transaction of the intake: stores a batch of activities and folds them into the progress that they touch.</summary>
internal sealed class ActivityHandler(EventCatalog catalog, EventsOptions options, DueSignal due, TimeProvider time, ILogger log)
    : IBatchHandler<Portion, ActivityResult[]>
{
    /// <summary>How many rows of progress one transaction writes, unless a single activity touches more.</summary>
    private const int MaxTouches = 20_000;

    /// <summary>Of how many users one transaction folds all stored activities anew, while an event is being counted anew.</summary>
    private const int MaxRefolds = 100;

    private readonly Folding _folding = new(log, isAlone: true);
    private readonly Matching _matching = new(time);
    private readonly ProgressMemory _memory = new(options.RowsInMemory / Intake.Shards);
    private List<Touch> _touches = [];

    /// <remarks>
    /// 1. Find which progress each activity touches, by the catalog that this process holds.
    /// 2. In one round trip: pass the fence, store what is new, read such of that progress as is not remembered.
    /// 3. Where the catalog was an old one, load it, and find and read again.
    /// 4. Tell what was sent before from what is new.
    /// 5. Fold the new ones and write what changed.
    /// </remarks>
    public async Task<IReadOnlyList<ActivityResult[]>> Run(NpgsqlConnection connection, IReadOnlyList<Portion> batch)
    {
        var activities = new ActivityBatch(batch);
        var snapshot = catalog.Current;
        _touches = _matching.Touches(activities.Distinct, snapshot);
        MustBeBounded(activities);
        Remember();

        var (fence, stored) = await Store(connection, snapshot.Generation, activities.Distinct);
        if (fence.Generation != snapshot.Generation)
        {
            await catalog.Load(CancellationToken.None);
            throw new RepeatBatchException("The activity log has gone on to its next generation.");
        }

        if (fence.Version != snapshot.Version)
        {
            snapshot = await catalog.Load(CancellationToken.None);
            _touches = _matching.Touches(activities.Distinct, snapshot);
            MustBeBounded(activities);
            await Folding.Read(connection, _touches);
        }

        if (stored < activities.Distinct.Count)
            await FindStored(connection, snapshot.Generation, activities.Distinct.FindAll(entry => !entry.IsInserted));
        foreach (var entry in activities.Distinct)
        {
            if (entry.IsInserted)
                entry.Touches.ForEach(touch => touch.Activities.Add(entry.Activity.Content));
        }

        var touched = _touches.FindAll(touch => touch.Activities.Count > 0);
        if (touched.Where(touch => touch.MustRefold).Select(touch => touch.Key.UserId).Distinct().Count() > MaxRefolds)
            throw new BatchTooLargeException($"A batch would fold more than {MaxRefolds} users' histories anew.");
        await _folding.Write(connection, snapshot.Log, touched);
        return activities.Results();
    }

    private void MustBeBounded(ActivityBatch activities)
    {
        if (_touches.Count > MaxTouches && activities.Distinct.Count > 1)
            throw new BatchTooLargeException($"A batch would write {_touches.Count} rows of progress.");
    }

    public void Committed(IReadOnlyList<Portion> batch, IReadOnlyList<ActivityResult[]> results)
    {
        if (_folding.HasNoted)
            due.Wake();
        foreach (var touch in _touches)
        {
            if ((touch.Written ?? touch.Row) is { } row)
                _memory.Keep(touch.Key, row.Packed());
        }
    }

    public void Failed(IReadOnlyList<Portion> batch) => _touches.ForEach(touch => _memory.Forget(touch.Key));

    private void Remember()
    {
        foreach (var touch in _touches)
        {
            touch.Row = _memory.Find(touch.Key);
            touch.IsRemembered = touch.Row is not null;
        }
    }

    private async Task<((long Version, int Generation) Fence, int Stored)> Store(NpgsqlConnection connection, int generation, List<Entry> entries)
    {
        var unknown = _touches.FindAll(touch => !touch.IsRemembered);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { Fence.Pass(), Fence.Read(), ActivityLog.Insert(generation, entries.ConvertAll(entry => entry.Activity)) },
        };
        if (unknown.Count > 0)
            batch.BatchCommands.Add(ProgressStore.Read(unknown.ConvertAll(touch => touch.Key)));
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        var fence = (reader.GetInt64(0), reader.GetInt32(1));

        await reader.NextResultAsync();
        var stored = await FindInserted(reader, entries);
        if (await reader.NextResultAsync())
            await Folding.Read(reader, unknown);
        return (fence, stored);
    }

    /// <summary>Rows come back in the order in which they were sent; those that are left out were there before.</summary>
    private static async Task<int> FindInserted(NpgsqlDataReader reader, List<Entry> entries)
    {
        var stored = 0;
        for (var at = 0; await reader.ReadAsync(); stored++, at++)
        {
            var (user, id) = (reader.GetString(0), reader.GetString(1));
            while (!entries[at].Activity.HasKey(user, id))
                at++;
            entries[at].IsInserted = true;
        }

        return stored;
    }

    private static async Task FindStored(NpgsqlConnection connection, int generation, List<Entry> entries)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { ActivityLog.Find(generation, entries.ConvertAll(entry => entry.Activity)) } };
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var entry = entries[(int)reader.GetInt64(0) - 1];
            (entry.Stored, entry.IsErased) = (ActivityLog.Read(reader, 1), reader.GetBoolean(5));
        }
    }
}

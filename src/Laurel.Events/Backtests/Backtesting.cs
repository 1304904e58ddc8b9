using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Backtests;

/// <summary>Where a backtest stands.</summary>
/// <param name="User">The last user that was looked at.</param>
/// <param name="Size">How many users are looked at at once.</param>
/// <param name="Tally">What it has come to.</param>
internal sealed record BacktestCursor(string User, int Size, BacktestTally Tally)
{
    public static readonly BacktestCursor Start = new("", 25, BacktestTally.Nothing);
}

/// <summary>
/// Reads the stored activities of a period, some users at a time in the order of their ids, and runs a plan over them. What it holds
/// in memory is what the plan comes to, and one user's progress.
/// </summary>
internal sealed class Backtesting(EventsDatabase database, EventCatalog catalog, TimeProvider time)
{
    private const int MaxSize = 400;
    private const int AimedWeight = 20_000;

    /// <summary>The users after $1 that have activities in these generations, each found by a step into their indexes.</summary>
    internal const string NextUsers =
        """
        WITH RECURSIVE users (user_id) AS (
            SELECT $1::text COLLATE "C"
            UNION ALL
            SELECT (
                SELECT activities.user_id
                FROM activities
                WHERE activities.user_id > users.user_id AND activities.generation BETWEEN $2 AND $3
                ORDER BY activities.user_id
                LIMIT 1)
            FROM users
            WHERE users.user_id IS NOT NULL
        )
        SELECT count(*), max(user_id)
        FROM (SELECT user_id FROM users OFFSET 1 LIMIT $4) AS found
        WHERE user_id IS NOT NULL
        """;

    internal const string History =
        """
        SELECT user_id, type, occurred_at, value, attributes
        FROM activities
        WHERE user_id > $1
          AND user_id <= $2
          AND generation BETWEEN $3 AND $4
          AND occurred_at >= $5
          AND occurred_at < $6
          AND type = ANY ($7)
          AND void_id IS NULL
        ORDER BY user_id, occurred_at
        """;

    /// <summary>How long a request waits for its answer before it becomes a job.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>The whole of it; null where that takes longer than a request should.</summary>
    public async Task<BacktestResult?> Try(BacktestPlan plan, CancellationToken caller)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(caller);
        patience.CancelAfter(Patience);
        try
        {
            var (cursor, _, isThrough) = await Run(plan, BacktestCursor.Start, Patience, patience.Token);
            return isThrough ? BacktestResult.Of(plan, cursor.Tally) : null;
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Goes on from where it stands, for about so long.</summary>
    public async Task<(BacktestCursor Cursor, long Users, bool IsThrough)> Run(
        BacktestPlan plan, BacktestCursor cursor, TimeSpan duration, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var run = new BacktestRun(plan, cursor.Tally);
        var held = (await catalog.Load(cancellation)).Log.Holding(plan.From, plan.To);
        var (user, size, users) = (cursor.User, cursor.Size, 0L);
        do
        {
            var (found, last) = await Count(held, user, size, cancellation);
            if (last is null)
                return (new BacktestCursor(user, size, run.Tally), users, true);
            var weight = await Take(run, plan, held, user, last, cancellation);
            (user, users) = (last, users + found);
            size = weight > AimedWeight ? Math.Max(1, size / 2) : weight < AimedWeight / 2 ? Math.Min(MaxSize, size * 2) : size;
        }
        while (time.GetElapsedTime(started) < duration);

        return (new BacktestCursor(user, size, run.Tally), users, false);
    }

    /// <summary>How many users come after this one, up to a limit, and the last of them.</summary>
    public async Task<(long Users, string? Last)> Count((int First, int Last) held, string after, int limit, CancellationToken cancellation) =>
        await database.Batches.QueryOne(
            NextUsers, row => (row.GetInt64(0), row.OptionalText(1)), [after, held.First, held.Last, limit], cancellation);

    /// <summary>How many activities there were.</summary>
    private async Task<int> Take(
        BacktestRun run, BacktestPlan plan, (int First, int Last) held, string after, string last, CancellationToken cancellation)
    {
        var types = run.Definition.Measures.Select(measure => measure.Activity).Distinct().ToArray();
        await using var command = database.Batches.CreateCommand(History);
        foreach (var value in new object[] { after, last, held.First, held.Last, plan.From.UtcDateTime, plan.To.UtcDateTime, types })
            command.Parameters.Add(new NpgsqlParameter { Value = value });

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var weight = 0;
        for (; await reader.ReadAsync(cancellation); weight++)
            run.Take(reader.GetString(0), ActivityLog.Read(reader, 1));
        return weight;
    }
}

using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Activities;

/// <summary>
/// The generations of the activity log. The next one begins when the current one has lasted longer than any id must be remembered:
/// whatever could be sent again is then in the current one or in the one before it.
/// </summary>
internal sealed class Generations(EventsDatabase database, EventCatalog catalog, EventsOptions options, TimeProvider time)
{
    /// <summary>
    /// Longer than the window by what an activity may be ahead of the clock, and by what the clocks of processes may differ. So an
    /// activity that was stored two generations ago is too old to be taken again.
    /// </summary>
    public static readonly TimeSpan Length = Intake.Window + TimeSpan.FromHours(1);

    /// <summary>Takes <see cref="Intake.Ahead"/>; no row where nothing was ever dropped.</summary>
    internal const string HorizonStatement =
        "SELECT started_at + $1 FROM generations WHERE number > 1 AND number = (SELECT min(number) FROM generations)";

    public async Task Tend(CancellationToken cancellation)
    {
        await Turn(cancellation);
        await Drop(cancellation);
    }

    /// <summary>From when on every activity is still stored; null where none was ever dropped.</summary>
    public Task<DateTimeOffset?> Horizon(CancellationToken cancellation) =>
        database.Any.QueryOne(HorizonStatement, row => (DateTimeOffset?)row.Time(0), [Intake.Ahead], cancellation);

    /// <summary>
    /// The generations that can hold activities of a period, from the first to the last of them: none is stored longer before or after
    /// it occurred than the intake lets pass, but for those of a demo. An hour is for clocks that differ.
    /// </summary>
    public static Task<(int First, int Last)> Holding(NpgsqlDataSource database, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        database.QueryOne(
            """
            SELECT COALESCE(min(number), 0), COALESCE(max(number), -1)
            FROM (SELECT number, started_at, lead(started_at) OVER (ORDER BY number) AS ended_at FROM generations) AS generation
            LEFT JOIN demo ON number BETWEEN first_generation AND COALESCE(last_generation, number)
            WHERE (ended_at IS NULL OR ended_at >= $1) AND (started_at <= $2 OR demo.single)
            """,
            row => (row.GetInt32(0), row.GetInt32(1)), [from.UtcDateTime.AddHours(-1), Later(to.UtcDateTime)], cancellation);

    public Task<(int First, int Last)> Holding(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        Holding(database.Any, from, to, cancellation);

    /// <summary>Which windows can be folded anew.</summary>
    public async Task<Reach> Reach(DateTimeOffset now, CancellationToken cancellation) => new(await Horizon(cancellation), now);

    /// <summary>Behind the fence: no batch is under way that writes to the current generation while the next one begins.</summary>
    private async Task Turn(CancellationToken cancellation)
    {
        if (!await IsOver(cancellation))
            return;

        await catalog.Change(
            async transaction =>
            {
                // Another process may have been first.
                if (await transaction.Query(
                    "UPDATE catalog SET generation = generation + 1, generation_since = now() WHERE generation_since <= now() - $1 RETURNING generation",
                    row => row.GetInt32(0), [Length], cancellation) is not [var next])
                    return 0;
                await transaction.Execute("INSERT INTO generations (number, started_at) VALUES ($1, now())", [next], cancellation);
                return await transaction.Execute($"CREATE TABLE activities_{next} PARTITION OF activities FOR VALUES IN ({next})", [], cancellation);
            },
            cancellation);
    }

    private async Task<bool> IsOver(CancellationToken cancellation) =>
        await database.Any.QueryOne("SELECT generation_since <= now() - $1 FROM catalog", row => row.GetBoolean(0), [Length], cancellation);

    /// <summary>Drops generations that no window needs which somebody can still claim in, and that are older than is asked to be kept.</summary>
    private async Task Drop(CancellationToken cancellation)
    {
        if (await Droppable(NeededFrom(time.GetUtcNow()), cancellation) is { Count: 0 })
            return;

        await catalog.Change(
            async transaction =>
            {
                // Judged again now that no operator can activate an event meanwhile.
                var snapshot = await catalog.Load(cancellation);
                foreach (var number in await Droppable(NeededFrom(time.GetUtcNow(), snapshot), cancellation))
                {
                    await transaction.Execute($"DROP TABLE activities_{number}", [], cancellation);
                    await transaction.Execute("DELETE FROM generations WHERE number = $1", [number], cancellation);
                }

                return 0;
            },
            cancellation);
    }

    /// <summary>The oldest ones that ended before this time, and are neither the current one nor the one before it.</summary>
    private Task<List<int>> Droppable(DateTimeOffset neededFrom, CancellationToken cancellation) =>
        database.Any.Query(
            """
            SELECT generations.number
            FROM generations
            JOIN generations AS next ON next.number = generations.number + 1
            JOIN catalog ON generations.number < catalog.generation - 1
            WHERE next.started_at + $2 <= $1
            ORDER BY generations.number
            """,
            row => row.GetInt32(0), [neededFrom, Intake.Ahead], cancellation);

    private DateTimeOffset NeededFrom(DateTimeOffset now) => NeededFrom(now, catalog.Current);

    private DateTimeOffset NeededFrom(DateTimeOffset now, CatalogSnapshot snapshot) =>
        snapshot.Events.Values.Select(one => NeededFrom(one, now)).Append(now.AddDays(-options.KeepDays)).Min();

    private static DateTime Later(DateTime time) =>
        time < DateTime.MaxValue - Length ? time + Length : DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);

    /// <summary>The start of the oldest window in which something can still be claimed, or be done that counts.</summary>
    internal static DateTimeOffset NeededFrom(RunningEvent one, DateTimeOffset now) =>
        one.Definition.Calendar.WindowsBetween(now - Activities.Reach.NeededFor(one), DateTimeOffset.MaxValue).Select(window => (DateTimeOffset?)window.Start).FirstOrDefault()
        ?? DateTimeOffset.MaxValue;
}

using System.Globalization;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;

namespace Laurel.Events.Activities;

/// <summary>
/// The generations of the activity log. The next one begins when the current one has lasted longer than any id must be remembered:
/// whatever could be sent again is then in the current one or in the one before it. Their tables are made before and taken away after
/// the fence, and by ways that wait for no reader, since all that reports activities would wait with them.
/// </summary>
internal sealed class Generations(EventsDatabase database, EventCatalog catalog, EventsOptions options, TimeProvider time)
{
    /// <summary>
    /// Longer than the window by what an activity may be ahead of the clock, and by what the clocks of processes may differ. So an
    /// activity that was stored two generations ago is too old to be taken again.
    /// </summary>
    public static readonly TimeSpan Length = Intake.Window + TimeSpan.FromHours(1);

    /// <summary>The advisory lock of whoever makes a table. The letters of "laureg".</summary>
    private const long TablesKey = 0x6C61_7572_6567;

    public async Task Tend(CancellationToken cancellation)
    {
        await Turn(cancellation);
        await Forget(cancellation);
        await Drop(cancellation);
    }

    /// <summary>Behind the fence: no batch is under way that writes to the current generation while the next one begins.</summary>
    private async Task Turn(CancellationToken cancellation)
    {
        var over = await database.Any.Query(
            "SELECT generation FROM catalog WHERE generation_since <= now() - $1", row => row.GetInt32(0), [Length], cancellation);
        if (over is not [var current])
            return;

        await Make(current + 1, cancellation);
        await catalog.Change(
            transaction => transaction.Execute(
                """
                WITH turned AS (
                    UPDATE catalog
                    SET generation = generation + 1, generation_since = now()
                    WHERE generation = $1
                    RETURNING generation, generation_since
                )
                INSERT INTO generations (number, started_at)
                SELECT generation, generation_since
                FROM turned
                """,
                [current], cancellation),
            cancellation);
    }

    /// <summary>To attach a table disturbs nobody; to create it as a partition would wait for all who read the log.</summary>
    private Task<int> Make(int number, CancellationToken cancellation) => database.Owner.InTransaction(
        async transaction =>
        {
            await transaction.Execute("SELECT pg_advisory_xact_lock($1)", [TablesKey], cancellation);
            var exists = await transaction.Query("SELECT to_regclass($1) IS NOT NULL", row => row.GetBoolean(0), [Table(number)], cancellation);
            if (exists is [true])
                return 0;
            await transaction.Execute($"CREATE TABLE {Table(number)} (LIKE activities INCLUDING ALL)", [], cancellation);
            return await transaction.Execute($"ALTER TABLE activities ATTACH PARTITION {Table(number)} FOR VALUES IN ({number})", [], cancellation);
        },
        cancellation);

    /// <summary>Forgets generations that no window needs in which somebody can still claim, and that are older than is asked to be kept.</summary>
    private async Task Forget(CancellationToken cancellation)
    {
        if (await Unneeded(catalog.Current, cancellation) is { Count: 0 })
            return;

        await catalog.Change(
            async transaction =>
            {
                // Judged again now that no operator can activate an event meanwhile.
                var unneeded = await Unneeded(await catalog.Load(cancellation), cancellation);
                return await transaction.Execute("DELETE FROM generations WHERE number = ANY ($1)", [unneeded.ToArray()], cancellation);
            },
            cancellation);
    }

    /// <summary>The oldest ones that ended before anything that is needed, and are neither the current one nor the one before it.</summary>
    private async Task<List<int>> Unneeded(CatalogSnapshot snapshot, CancellationToken cancellation)
    {
        // Nobody knows what an event needs that cannot be read here.
        if (snapshot.HasUnreadable)
            return [];
        var databaseTime = await database.Any.QueryOne("SELECT now()", row => row.Time(0), [], cancellation);
        var now = time.GetUtcNow() is var mine && mine < databaseTime ? mine : databaseTime;
        var neededFrom = snapshot.Events.Values
            .Select(one => Reach.NeededFrom(one, now))
            .Append(now.AddDays(-options.KeepDays))
            .Min()!.Value;
        var known = snapshot.Log.Known;
        return
        [
            .. known.Zip(known.Skip(1), (one, next) => (one.Number, EndedAt: next.Since))
                .TakeWhile(one => one.Number < snapshot.Generation - 1 && one.EndedAt + Intake.Ahead + StoredGenerations.Margin <= neededFrom)
                .Select(one => one.Number),
        ];
    }

    /// <summary>
    /// Drops the tables of generations that are forgotten. To detach one waits until nobody reads it any more; where that takes too
    /// long, or the process dies, what is begun is finished another time.
    /// </summary>
    private async Task Drop(CancellationToken cancellation)
    {
        // One process at a time: what one has begun another must not finish beside it.
        await using var mine = await SessionLock.TryTake(database.Owner, TablesKey + 1, cancellation);
        if (mine is not null)
            await DropForgotten(cancellation);
    }

    private async Task DropForgotten(CancellationToken cancellation)
    {
        var forgotten = await database.Any.Query(
            """
            SELECT stored.number, partition.inhdetachpending
            FROM (
                SELECT oid, substring(relname FROM '^activities_(\d+)$')::int AS number
                FROM pg_class
                WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'activities'::regclass)
            ) AS stored
            LEFT JOIN pg_inherits AS partition ON partition.inhrelid = stored.oid
            WHERE stored.number < (SELECT min(number) FROM generations)
            ORDER BY stored.number
            """,
            row => (Number: row.GetInt32(0), IsDetaching: row.Optional<bool>(1)), [], cancellation);
        foreach (var (number, isDetaching) in forgotten)
        {
            if (isDetaching is { } hasBegun)
            {
                await database.Owner.Execute(
                    $"ALTER TABLE activities DETACH PARTITION {Table(number)} {(hasBegun ? "FINALIZE" : "CONCURRENTLY")}", [], cancellation);
            }

            await database.Owner.Execute($"DROP TABLE IF EXISTS {Table(number)}", [], cancellation);
        }
    }

    private static string Table(int number) => string.Create(CultureInfo.InvariantCulture, $"activities_{number}");
}

using Laurel.Events.Catalog;
using Laurel.Platform;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;

namespace Laurel.Events.Demo;

/// <summary>The one demo that a database can have.</summary>
internal sealed class DemoStore(EventsDatabase database, EventCatalog catalog)
{
    /// <summary>Who has made the events of the demo.</summary>
    public static readonly Actor By = new(ActorKind.Laurel, "laurel seed");

    /// <summary>The letters of "demo".</summary>
    private const long LockKey = 0x6465_6D6F;

    /// <summary>Held by whoever makes it, until it is given back or its process ends.</summary>
    /// <exception cref="StartupException">Somebody else does.</exception>
    public async Task<SessionLock> Lock(CancellationToken cancellation) =>
        await SessionLock.TryTake(database.Any, LockKey, cancellation) ?? throw new StartupException("Another `laurel seed` is at work on this database.");

    /// <summary>Begins one. Behind the fence, since from now on the current generation of the activity log holds what is old.</summary>
    public Task<int> Begin(DemoPlan plan, CancellationToken cancellation) =>
        catalog.Change(
            transaction => transaction.Execute(
                """
                INSERT INTO demo (users, days, until, player_id, first_generation)
                SELECT $1, $2, $3, $4, generation
                FROM catalog
                """,
                [plan.Users, plan.Days, plan.Until, plan.PlayerId], cancellation),
            cancellation);

    public Task<StoredDemo?> Find(CancellationToken cancellation) =>
        database.Any.QueryOne(
            "SELECT users, days, until, player_id, last_generation IS NOT NULL FROM demo",
            row => (StoredDemo?)new StoredDemo(new DemoPlan(row.GetInt32(0), row.GetInt32(1), row.Time(2), row.GetGuid(3)), row.GetBoolean(4)),
            [], cancellation);

    /// <summary>The ids of its activities are remembered for sure only as long as the generation that they began in goes on.</summary>
    public Task<bool> CanGoOn(CancellationToken cancellation) =>
        database.Any.QueryOne("SELECT first_generation = generation FROM demo, catalog", row => row.GetBoolean(0), [], cancellation);

    /// <summary>Nothing is added to it any more.</summary>
    public Task<int> Finish(CancellationToken cancellation) =>
        catalog.Change(
            transaction => transaction.Execute("UPDATE demo SET last_generation = (SELECT generation FROM catalog) WHERE last_generation IS NULL", [], cancellation),
            cancellation);

    /// <summary>From when on every activity is still stored; null where none was ever dropped.</summary>
    public async Task<DateTimeOffset?> Horizon(CancellationToken cancellation) => (await catalog.Load(cancellation)).Log.Horizon;

    /// <summary>Whether progress in its events is being counted from what was stored before they were switched on.</summary>
    public Task<bool> IsCounting(CancellationToken cancellation) =>
        database.Any.QueryOne(
            "SELECT EXISTS (SELECT FROM jobs WHERE created_by = $1 AND status IN ('queued', 'running'))", row => row.GetBoolean(0), [By.Id], cancellation);

    /// <summary>What an earlier attempt has made.</summary>
    public Task<List<(string Name, RewardId Id)>> Rewards(CancellationToken cancellation) =>
        database.Any.Query(
            "SELECT name, id FROM rewards WHERE created_by = $1 ORDER BY id", row => (row.GetString(0), new RewardId(row.GetGuid(1))), [By.Id], cancellation);

    public Task<List<(string Title, EventId Id)>> Events(CancellationToken cancellation) =>
        database.Any.Query(
            "SELECT title, id FROM events WHERE created_by = $1 ORDER BY id", row => (row.GetString(0), new EventId(row.GetGuid(1))), [By.Id], cancellation);
}

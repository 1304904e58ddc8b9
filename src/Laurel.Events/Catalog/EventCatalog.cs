using Laurel.Platform;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Catalog;

/// <summary>
/// All events that users can have progress in, held in memory and replaced whole, and the fence around their changes: who reads
/// them to count or to pay holds the fence shared, who changes them holds it alone.
/// </summary>
internal sealed class EventCatalog(NpgsqlDataSource database, TimeProvider time, ILogger<EventCatalog> log) : IDisposable
{
    /// <summary>The advisory lock that is the fence. The letters of "laurel".</summary>
    public const long FenceKey = 0x6C61_7572_656C;

    private const int MaxReads = 5;

    /// <summary>Few at once wait for the fence with a connection, so that whoever holds it finds one to load the catalog with.</summary>
    private readonly SemaphoreSlim _changing = new(4, 4);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile CatalogSnapshot _current = CatalogSnapshot.Empty;

    public CatalogSnapshot Current => _current;

    /// <summary>What the database holds now. Where that is what is held here already, it costs one small query.</summary>
    public async Task<CatalogSnapshot> Load(CancellationToken cancellation)
    {
        // One at a time: of many that find the catalog changed, one reads it, and what is read last is never older.
        await _loading.WaitAsync(cancellation);
        try
        {
            var stored = await database.QueryOne(
                "SELECT version, generation FROM catalog", row => (Version: row.GetInt64(0), Generation: row.GetInt32(1)), [], cancellation);
            if (stored != (_current.Version, _current.Generation))
                _current = await CatalogReader.Read(database, _current, log, cancellation);
            return _current;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>What is read by the catalog that is held here; by the stored one, where the read finds that this is newer, and says null.</summary>
    public async Task<T> Read<T>(Func<CatalogSnapshot, Task<T?>> read, CancellationToken cancellation) where T : class
    {
        for (var attempt = 1; attempt <= MaxReads; attempt++)
        {
            if (await read(Current) is { } found)
                return found;
            await Load(cancellation);
        }

        throw new UnavailableException("The catalog changes faster than it can be read.");
    }

    /// <summary>
    /// Changes the catalog in one transaction, behind the fence: no batch that began before it still runs, none begins until it is
    /// committed. Work that wrote nothing leaves the version as it is.
    /// </summary>
    public Task<T> Change<T>(Func<NpgsqlTransaction, Task<T>> work, CancellationToken cancellation) =>
        Change(work, _ => Task.FromResult(true), cancellation);

    /// <summary>The same for work that has to be behind the fence, and may leave the catalog as it is: when it is done it says.</summary>
    public async Task<T> Change<T>(Func<NpgsqlTransaction, Task<T>> work, Func<NpgsqlTransaction, Task<bool>> isChanged, CancellationToken cancellation)
    {
        T result;
        await _changing.WaitAsync(cancellation);
        try
        {
            result = await database.InTransaction(
                async transaction =>
                {
                    await transaction.Execute("SELECT pg_advisory_xact_lock($1)", [FenceKey], cancellation);
                    var done = await work(transaction);
                    // A transaction is given an id when it writes for the first time.
                    if (await isChanged(transaction))
                    {
                        await transaction.Execute(
                            "UPDATE catalog SET version = version + 1 WHERE pg_current_xact_id_if_assigned() IS NOT NULL", [], cancellation);
                    }

                    return done;
                },
                cancellation);
        }
        finally
        {
            _changing.Release();
        }

        await LoadIfPossible();
        return result;
    }

    /// <summary>What is committed is made, whatever becomes of this: whoever needs the newest catalog compares versions, and loads it.</summary>
    private async Task LoadIfPossible()
    {
        try
        {
            await Load(CancellationToken.None);
        }
#pragma warning disable CA1031 // A change must not be told as failed that was made.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            log.LogWarning(failure, "The catalog was changed, and could not be loaded");
        }
    }

    /// <summary>
    /// Takes an event out of those that are folded. Its activities are kept, so that nothing is lost: an operator's next change of it
    /// has all progress counted anew.
    /// </summary>
    public Task<bool> Quarantine(EventId @event, string reason, CancellationToken cancellation) =>
        Change(
            async transaction => await transaction.Execute(
                """
                INSERT INTO quarantines (event_id, since, reason)
                SELECT id, $2, $3 FROM events WHERE id = $1
                ON CONFLICT ON CONSTRAINT quarantines_pkey DO NOTHING
                """,
                [@event.Value, time.GetUtcNow(), reason], cancellation) == 1,
            cancellation);

    /// <summary>Has every process read the catalog anew, after something of it was written without the fence.</summary>
    public Task<int> Announce(CancellationToken cancellation) =>
        Change(transaction => transaction.Execute("SELECT pg_current_xact_id()", [], cancellation), cancellation);

    public void Dispose()
    {
        _changing.Dispose();
        _loading.Dispose();
    }

    /// <summary>
    /// To be called every second. An active event that this process cannot read is one that it does not fold: what it misses must not
    /// go unnoticed, so the event stands still everywhere.
    /// </summary>
    public async Task KeepUp(CancellationToken cancellation)
    {
        foreach (var (id, reason) in (await Load(cancellation)).Unreadable)
            await Quarantine(id, reason, cancellation);
    }
}

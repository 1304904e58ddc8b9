using Laurel.Events.Activities;
using Laurel.Events.Deliveries;
using Laurel.Events.Jobs;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Catalog;

/// <summary>Reads the whole catalog: version and events in one statement, so that they are of one moment.</summary>
internal static class CatalogReader
{
    private const int CatchUpAt = 3;
    private const int EventAt = 5;

    private const string Statement =
        $"""
        SELECT catalog.version, catalog.generation,
            {JobStore.IsMending},
            (SELECT id FROM jobs WHERE event_id = events.id AND epoch = events.epoch AND kind = 'catch_up' AND events.settled_epoch < events.epoch
             ORDER BY id DESC LIMIT 1),
            (SELECT id FROM jobs WHERE event_id = events.id AND epoch = events.epoch AND kind = 'rejudge' AND status IN ('queued', 'running')
             ORDER BY id DESC LIMIT 1),
            {EventRows.Columns}
        FROM catalog
        LEFT JOIN events ON events.status <> 'draft'
        ORDER BY events.id
        """;

    private const string Generations =
        """
        SELECT number, started_at, number BETWEEN first_generation AND COALESCE(last_generation, first_generation + 1) IS TRUE
        FROM generations
        LEFT JOIN demo ON true
        ORDER BY number
        """;

    public static async Task<CatalogSnapshot> Read(NpgsqlDataSource database, CatalogSnapshot before, ILogger log, CancellationToken cancellation)
    {
        var (unreadable, hasUnreadable) = (new List<(EventId, string)>(), false);
        var rows = await database.Query(
            Statement, row => (Version: row.GetInt64(0), Generation: row.GetInt32(1), IsVoiding: row.GetBoolean(2), Event: row.IsDBNull(EventAt) ? null : Running(row)), [], cancellation);
        // Read after the version: what has gone on since then makes a newer version, by which nobody folds or pays with this one.
        var generations = await database.Query(Generations, Generation, [], cancellation);
        var webhooks = await database.Query($"SELECT {Webhook.Columns} FROM webhooks WHERE deleted_at IS NULL ORDER BY id", Webhook.Read, [], cancellation);
        return new CatalogSnapshot(rows[0].Version, rows[0].Generation, rows.Select(row => row.Event).OfType<RunningEvent>())
        {
            IsVoiding = rows[0].IsVoiding,
            Log = new StoredGenerations(generations),
            Webhooks = webhooks,
            Unreadable = unreadable,
            HasUnreadable = hasUnreadable,
        };

        RunningEvent? Running(NpgsqlDataReader row)
        {
            try
            {
                return Ready(EventRows.Read(row, EventAt), before) with
                {
                    CatchUp = row.Optional<Guid>(CatchUpAt) is { } catchUp ? new JobId(catchUp) : null,
                    Rejudge = row.Optional<Guid>(CatchUpAt + 1) is { } rejudge ? new JobId(rejudge) : null,
                };
            }
            catch (Exception exception) when (exception is EventUnreadableException or ArgumentException)
            {
                // One event that another version of Laurel stored, or whose zone this machine does not know, must not stop all others.
                var id = new EventId(row.GetGuid(EventAt));
                log.LogError(exception, "The event {Event} cannot be read, and is not folded", id);
                hasUnreadable = true;
                if (EventRows.IsFolded(row, EventAt))
                    unreadable.Add((id, "It cannot be read by a process that folds."));
                return null;
            }
        }
    }

    /// <summary>As the transaction sees it.</summary>
    public static async Task<StoredGenerations> ReadLog(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        new(await transaction.Query(Generations, Generation, [], cancellation));

    private static (int Number, DateTimeOffset Since, bool HoldsDemo) Generation(NpgsqlDataReader row) => (row.GetInt32(0), row.Time(1), row.GetBoolean(2));

    private static RunningEvent Ready(Event stored, CatalogSnapshot before)
    {
        // A definition is costly to make and remembers its calendar's days: it is made once for each version of an event.
        var known = before.Events.GetValueOrDefault(stored.Id);
        return new RunningEvent(
            stored.Id,
            stored.Status,
            stored.Version,
            stored.Request.Title,
            known?.Version == stored.Version ? known.Definition : EventDefinition.Create(stored.Draft),
            stored.Epoch,
            IsSettled: stored.SettledEpoch == stored.Epoch,
            IsQuarantined: stored.Quarantine is not null,
            TimeSpan.FromSeconds(stored.Request.ClaimWithinSeconds),
            stored.Offers);
    }
}

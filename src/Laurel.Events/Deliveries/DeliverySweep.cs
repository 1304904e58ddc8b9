using Laurel.Platform.Postgres;

namespace Laurel.Events.Deliveries;

/// <summary>What has to be done about deliveries now and then: tell how many are dead, and cancel what waits for endpoints that are gone.</summary>
internal sealed class DeliverySweep(EventsDatabase database, DeliveryMeters meters, TimeProvider time)
{
    private const int AtOnce = 1_000;

    /// <summary>
    /// A decision that began before the endpoint was deleted may tell it something after; so its row stays this long, and what comes is
    /// cancelled too.
    /// </summary>
    private static readonly TimeSpan Late = TimeSpan.FromHours(1);

    public async Task Run(CancellationToken cancellation)
    {
        meters.Dead(await database.Any.QueryOne("SELECT count(*) FROM deliveries WHERE status = 'dead'", row => row.GetInt64(0), [], cancellation));
        foreach (var webhook in await database.Any.Query("SELECT id FROM webhooks WHERE deleted_at IS NOT NULL", row => row.GetGuid(0), [], cancellation))
        {
            while (await Cancel(webhook, cancellation) == AtOnce)
                cancellation.ThrowIfCancellationRequested();
            await database.Any.Execute("DELETE FROM webhooks WHERE id = $1 AND deleted_at < $2", [webhook, time.GetUtcNow() - Late], cancellation);
        }
    }

    private Task<int> Cancel(Guid webhook, CancellationToken cancellation) => database.Batches.Execute(
        """
        UPDATE deliveries
        SET status = 'cancelled', finished_at = $2
        FROM (
            SELECT *
            FROM (
                SELECT user_id, claim_id, id
                FROM deliveries
                WHERE queue = $1 AND status IN ('pending', 'accepted')
                ORDER BY due_at
                LIMIT $3
            ) AS first
            ORDER BY user_id, claim_id, id
            OFFSET 0
        ) AS waiting
        WHERE deliveries.user_id = waiting.user_id AND deliveries.id = waiting.id AND (deliveries.status IN ('pending', 'accepted')) IS TRUE
        """,
        [webhook, time.GetUtcNow(), AtOnce], cancellation);
}

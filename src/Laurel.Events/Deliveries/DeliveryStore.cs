using Laurel.Events.Claims;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Deliveries;

/// <summary>Hands deliveries out to be attempted, to one taker each. Leases go by the database's clock, since all processes share that one.</summary>
internal sealed class DeliveryStore(EventsDatabase database, TimeProvider time)
{
    /// <summary>Far longer than an attempt takes; and how long a delivery waits when whoever attempted it has died.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Takes those that have been due longest. What is under a lease stays in its place in the index, so that a lease alone changes no
    /// index. Each is taken by its id: the state is written so that no planner believes it quicker to go through all that is due for each.
    /// </summary>
    public const string Take =
        $"""
        UPDATE deliveries
        SET lease = $4, leased_until = now() + $5, attempts = attempts + 1, status = 'pending'
        FROM (
            SELECT claim.*, due.user_id AS of_user, due.id AS delivery_id
            FROM (
                SELECT user_id, claim_id, id
                FROM deliveries
                WHERE queue = $1 AND status IN ('pending', 'accepted') AND due_at <= $2 AND (leased_until IS NULL OR leased_until <= now())
                ORDER BY due_at
                LIMIT $3
            ) AS due
            CROSS JOIN LATERAL (
                SELECT {ClaimStore.Columns}
                FROM claims
                WHERE claims.user_id = due.user_id AND claims.id = due.claim_id
                OFFSET 0
            ) AS claim
            ORDER BY of_user, due.claim_id, delivery_id
            OFFSET 0
        ) AS taken
        WHERE deliveries.id = taken.delivery_id
          AND deliveries.user_id = taken.of_user
          AND (deliveries.status IN ('pending', 'accepted')) IS TRUE
          AND (deliveries.leased_until IS NULL OR deliveries.leased_until <= now())
        RETURNING taken.*, deliveries.kind, deliveries.leased_until, deliveries.failures, deliveries.created_at AS delivered_since, deliveries.due_at
        """;

    public Task<List<LeasedDelivery>> TakeDue(DeliveryQueue queue, int limit, CancellationToken cancellation) => TakeDue(queue, limit, isPull: false, cancellation);

    /// <summary>Nothing, where an endpoint fulfils.</summary>
    public Task<List<LeasedDelivery>> Pull(int limit, CancellationToken cancellation) => TakeDue(DeliveryQueue.Fulfilment, limit, isPull: true, cancellation);

    private async Task<List<LeasedDelivery>> TakeDue(DeliveryQueue queue, int limit, bool isPull, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var lease = Guid.CreateVersion7(now);
        return await database.Batches.InTransaction(
            async transaction =>
            {
                // One takes from a queue at a time: two would find the same rows, and one of them wait for the other and go away with none.
                await transaction.Execute("SELECT pg_advisory_xact_lock(20306, hashtext($1::text))", [queue.Value.ToString()], cancellation);
                if (isPull && (await transaction.Query("SELECT true FROM webhooks WHERE fulfils AND deleted_at IS NULL", row => row.GetBoolean(0), [], cancellation)).Count > 0)
                    return [];
                return await transaction.Query(Take, row => Read(row, queue, lease), [queue.Value, now, limit, lease, Lease], cancellation);
            },
            cancellation);
    }

    /// <summary>Gives back what was taken and not attempted.</summary>
    public Task<int> GiveBack(IReadOnlyCollection<LeasedDelivery> deliveries, CancellationToken cancellation) => database.Batches.Execute(
        """
        UPDATE deliveries
        SET leased_until = now()
        FROM (SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[]) AS sent (user_id, claim_id, id, lease) ORDER BY user_id, claim_id, id OFFSET 0) AS given
        WHERE deliveries.user_id = given.user_id AND deliveries.id = given.id AND deliveries.lease = given.lease AND deliveries.status = 'pending'
        """,
        [
            deliveries.Select(one => one.Claim.Key.UserId).ToArray(), deliveries.Select(one => one.Claim.Id.Value).ToArray(),
            deliveries.Select(one => one.Id.Value).ToArray(), deliveries.Select(one => one.Lease).ToArray(),
        ],
        cancellation);

    private static LeasedDelivery Read(NpgsqlDataReader row, DeliveryQueue queue, Guid lease) => new(
        new DeliveryId(row.GetGuid(row.GetOrdinal("delivery_id"))),
        queue,
        WireNames<DeliveryKind>.Parse(row.GetString(row.GetOrdinal("kind"))),
        ClaimStore.Read(row),
        lease,
        row.Time(row.GetOrdinal("leased_until")),
        row.GetInt32(row.GetOrdinal("failures")),
        row.Time(row.GetOrdinal("delivered_since")),
        row.Time(row.GetOrdinal("due_at")));
}

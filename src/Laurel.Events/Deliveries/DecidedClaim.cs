using System.Text.Json;
using Laurel.Events.Claims;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Deliveries;

/// <summary>What a decision about a claim does to its deliveries, in the transaction of the decision, which has locked the claim.</summary>
internal static class DecidedClaim
{
    /// <summary>Everybody is told: whoever fulfils, and the others.</summary>
    public static async Task Tell(NpgsqlTransaction transaction, Claim claim, DeliveryKind kind, DateTimeOffset now, CancellationToken cancellation)
    {
        var told = await transaction.Query(
            "SELECT id FROM webhooks WHERE enabled AND NOT fulfils AND deleted_at IS NULL ORDER BY id", row => new WebhookId(row.GetGuid(0)), [], cancellation);
        await Insert(transaction, NewDelivery.Of(claim, kind, told, now), cancellation);
    }

    /// <summary>
    /// What was not handed over is not wanted any more. Whoever may have got it all the same is told that it is taken back, and not before
    /// an attempt that is under way has ended.
    /// </summary>
    public static async Task CallOff(NpgsqlTransaction transaction, Claim claim, DateTimeOffset now, CancellationToken cancellation)
    {
        await transaction.Execute(
            """
            UPDATE deliveries
            SET status = 'cancelled', finished_at = $3
            FROM (SELECT id FROM deliveries WHERE user_id = $1 AND claim_id = $2 AND kind = 'granted' ORDER BY id OFFSET 0) AS granted
            WHERE deliveries.user_id = $1 AND deliveries.id = granted.id AND status IN ('pending', 'accepted', 'dead')
            """,
            [claim.Key.UserId, claim.Id.Value, now], cancellation);
        var handedOut = await transaction.Query(
            """
            SELECT queue, GREATEST(leased_until - now(), interval '0')
            FROM deliveries
            WHERE user_id = $1 AND claim_id = $2 AND kind = 'granted' AND status IN ('cancelled', 'delivered') AND attempts > 0
            """,
            row => (Queue: new DeliveryQueue(row.GetGuid(0)), Pause: row.GetFieldValue<TimeSpan>(1)), [claim.Key.UserId, claim.Id.Value], cancellation);
        await Insert(
            transaction,
            handedOut.Select(one => new NewDelivery(new DeliveryId(Guid.CreateVersion7(now)), claim.Key.UserId, claim.Id, DeliveryKind.Revoked, one.Queue, now)
            {
                DueAt = now + one.Pause,
            }),
            cancellation);
    }

    /// <summary>The game has said that it never will hand it over. Whoever was told that it was granted is told that it is not.</summary>
    /// <exception cref="NotYoursException">It is no longer this lease's to say: nothing of the transaction may be committed.</exception>
    public static async Task Refuse(NpgsqlTransaction transaction, Claim claim, Refusal refusal, DateTimeOffset now, CancellationToken cancellation)
    {
        var refused = await transaction.Execute(
            $"""
            UPDATE deliveries
            SET status = 'failed', finished_at = $5, leased_until = NULL,
                history = {AttemptHandler.RecentHistory} || $6::jsonb
            WHERE user_id = $1 AND claim_id = $2 AND id = $3 AND status IN ('pending', 'accepted', 'dead') AND ($4::uuid IS NULL OR lease = $4)
            """,
            [
                claim.Key.UserId, claim.Id.Value, refusal.Delivery.Value, refusal.Lease, now,
                JsonSerializer.Serialize(refusal.Attempt, JsonRules.Options),
            ],
            cancellation);
        if (refused == 0)
            throw new NotYoursException();
        await CallOff(transaction, claim, now, cancellation);
    }

    private static async Task Insert(NpgsqlTransaction transaction, IEnumerable<NewDelivery> deliveries, CancellationToken cancellation)
    {
        var rows = deliveries.ToList();
        if (rows.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction) { BatchCommands = { NewDelivery.Insert(rows) } };
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>The game says of a delivery that it never will hand it over.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Lease">Whose it is to say; null: anybody's who speaks for the game.</param>
/// <param name="Attempt">What is kept of it.</param>
internal sealed record Refusal(DeliveryId Delivery, Guid? Lease, DeliveryAttempt Attempt);

/// <summary>Somebody else has the delivery, or it is decided.</summary>
internal sealed class NotYoursException : Exception;

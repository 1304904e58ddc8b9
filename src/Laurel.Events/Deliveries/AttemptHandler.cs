using System.Text.Json;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Deliveries;

/// <summary>One transaction of attempts that have ended: deliveries go on, and claims are completed with them.</summary>
internal sealed class AttemptHandler(TimeProvider time) : IBatchHandler<AttemptEnd, bool>
{
    /// <summary>A delivery's last attempts, with room for one more.</summary>
    public const string RecentHistory = "CASE WHEN jsonb_array_length(history) >= 10 THEN history - 0 ELSE history END";

    /// <summary>Whether it is still the attempt's to say.</summary>
    private const string Guard =
        """
        deliveries.status IN ('pending', 'accepted', 'dead')
              AND (ended.lease IS NULL OR deliveries.lease = ended.lease)
              AND (ended.seen IS NULL OR deliveries.failures = ended.seen)
        """;

    /// <summary>It has failed, and an operator has had it begun anew meanwhile: what was reckoned from the failures before does not count.</summary>
    private const string Restarted = "(ended.begun_after <> deliveries.failures AND ended.status IN ('pending', 'accepted', 'dead')) IS TRUE";

    /// <remarks>"IS TRUE" keeps the planner from looking for claims by their status: it would find all that wait, for each of the batch.</remarks>
    public const string Complete =
        $"""
        UPDATE claims
        SET status = 'completed', completed_at = $4, version = version + 1
        FROM (
            SELECT *
            FROM unnest($1::text[], $2::uuid[], $3::uuid[], $5::uuid[], $6::int[]) AS sent (user_id, claim_id, id, lease, seen)
            ORDER BY user_id, claim_id
            OFFSET 0
        ) AS ended
        WHERE claims.user_id = ended.user_id
          AND claims.id = ended.claim_id
          AND (claims.status = 'processing') IS TRUE
          AND EXISTS (SELECT FROM deliveries WHERE deliveries.id = ended.id AND deliveries.user_id = ended.user_id AND {Guard})
        RETURNING claims.id
        """;

    public const string End =
        $"""
        UPDATE deliveries
        SET status = CASE WHEN {Restarted} THEN 'pending' ELSE ended.status END,
            failures = failures + CASE WHEN {Restarted} THEN 0 ELSE ended.failed::int END,
            due_at = CASE WHEN {Restarted} THEN deliveries.due_at ELSE COALESCE(ended.due_at, deliveries.due_at) END,
            finished_at = CASE WHEN ended.status IN ('delivered', 'failed') THEN ended.at END,
            leased_until = NULL,
            lease = CASE WHEN ended.ends_lease THEN NULL ELSE deliveries.lease END,
            history = {RecentHistory} || ended.attempt::jsonb
        FROM (
            SELECT *
            FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::timestamptz[], $8::timestamptz[], $9::boolean[],
                    $10::text[], $11::boolean[], $12::int[], $13::int[])
                AS sent (user_id, claim_id, id, lease, status, failed, due_at, at, completes, attempt, ends_lease, seen, begun_after)
            ORDER BY user_id, claim_id, id
            OFFSET 0
        ) AS ended
        WHERE deliveries.id = ended.id
          AND deliveries.user_id = ended.user_id
          AND {Guard}
          AND (NOT ended.completes
            OR EXISTS (SELECT FROM claims WHERE claims.user_id = ended.user_id AND claims.id = ended.claim_id AND claims.status = 'completed'))
        RETURNING deliveries.id
        """;

    /// <remarks>
    /// Claims are locked before deliveries, as everywhere. Whoever takes a delivery from its claim (a cancel) locks the claim first too, so
    /// a claim that is completed here keeps its delivery; only a lease may be lost between the two statements.
    /// </remarks>
    public async Task<IReadOnlyList<bool>> Run(NpgsqlConnection connection, IReadOnlyList<AttemptEnd> batch)
    {
        // Where two speak of one delivery, the first does; the other is told to look again.
        var first = batch.DistinctBy(end => end.Id).ToList();
        first.Sort(AttemptEnd.Order);
        var completing = first.FindAll(end => end.Completes);
        await using var commands = new NpgsqlBatch(connection);
        if (completing.Count > 0)
            commands.BatchCommands.Add(Completing(completing));
        commands.BatchCommands.Add(Ending(first));

        var (completed, ended) = (new HashSet<Guid>(), new HashSet<Guid>());
        await using (var reader = await commands.ExecuteReaderAsync())
        {
            if (completing.Count > 0)
            {
                while (await reader.ReadAsync())
                    completed.Add(reader.GetGuid(0));
                await reader.NextResultAsync();
            }

            while (await reader.ReadAsync())
                ended.Add(reader.GetGuid(0));
        }

        if (completing.Exists(end => completed.Contains(end.Claim.Value) && !ended.Contains(end.Id.Value)))
            throw new RepeatBatchException("Another process took a delivery while its claim was completed.");

        await Note(connection, first.FindAll(end => ended.Contains(end.Id.Value)));
        var told = new HashSet<DeliveryId>();
        return [.. batch.Select(end => ended.Contains(end.Id.Value) && told.Add(end.Id))];
    }

    private static async Task Note(NpgsqlConnection connection, List<AttemptEnd> ended)
    {
        var entries = ended.Select(end => end.Audit).OfType<AuditEntry>().ToList();
        if (entries.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { AuditTrail.Insert(entries) } };
        await batch.ExecuteNonQueryAsync();
    }

    private NpgsqlBatchCommand Completing(List<AttemptEnd> ends) => new(Complete)
    {
        Parameters =
        {
            Columns.Texts(ends, end => end.UserId),
            Columns.Of(ends, NpgsqlDbType.Uuid, end => end.Claim.Value),
            Columns.Of(ends, NpgsqlDbType.Uuid, end => end.Id.Value),
            new NpgsqlParameter<DateTime> { TypedValue = time.GetUtcNow().UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            Columns.Of(ends, NpgsqlDbType.Uuid, end => end.Lease),
            Columns.Of(ends, NpgsqlDbType.Integer, end => end.Seen),
        },
    };

    private static NpgsqlBatchCommand Ending(List<AttemptEnd> ends) => new(End)
    {
        Parameters =
        {
            Columns.Texts(ends, end => end.UserId),
            Columns.Of(ends, NpgsqlDbType.Uuid, end => end.Claim.Value),
            Columns.Of(ends, NpgsqlDbType.Uuid, end => end.Id.Value),
            Columns.Of(ends, NpgsqlDbType.Uuid, end => end.Lease),
            Columns.Texts(ends, end => WireNames<DeliveryStatus>.Of(end.To)),
            Columns.Of(ends, NpgsqlDbType.Boolean, end => end.IsFailure),
            Columns.Of(ends, NpgsqlDbType.TimestampTz, end => end.DueAt?.UtcDateTime),
            Columns.Of(ends, NpgsqlDbType.TimestampTz, end => end.Attempt.At.UtcDateTime),
            Columns.Of(ends, NpgsqlDbType.Boolean, end => end.Completes),
            Columns.Texts(ends, end => JsonSerializer.Serialize(end.Attempt, JsonRules.Options)),
            Columns.Of(ends, NpgsqlDbType.Boolean, end => end.EndsLease),
            Columns.Of(ends, NpgsqlDbType.Integer, end => end.Seen),
            Columns.Of(ends, NpgsqlDbType.Integer, end => end.BegunAfter),
        },
    };
}

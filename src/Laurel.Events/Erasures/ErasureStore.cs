using System.Runtime.CompilerServices;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Erasures;

/// <summary>Whose data a job erases.</summary>
internal sealed record ErasurePlan(string UserId);

/// <summary>The statements by which a user is forgotten.</summary>
internal sealed class ErasureStore(EventsDatabase database, EventCatalog catalog, JobStore jobs, TimeProvider time)
{
    /// <summary>What stands where somebody had written something about a user.</summary>
    public const string Erased = "erased";

    private const int RowsAtOnce = 1_000;

    private const string Asked = "SELECT job_id FROM erasures WHERE user_id = $1 AND id = $2";

    internal const string StripAttributes =
        $"""
        WITH found AS MATERIALIZED (
            SELECT user_id, id, generation, attributes
            FROM activities
            WHERE user_id = ANY ($1) AND attributes <> {ActivityLog.ErasedAttributes}
            ORDER BY user_id, id, generation
            LIMIT $2
            FOR NO KEY UPDATE
        )
        UPDATE activities
        SET attributes = {ActivityLog.ErasedAttributes}
        FROM found
        WHERE activities.user_id = found.user_id AND activities.id = found.id AND activities.generation = found.generation
        RETURNING activities.user_id, activities.type, activities.occurred_at, activities.value, found.attributes
        """;

    internal const string ForgetWritten =
        """
        WITH told AS MATERIALIZED (
            SELECT id
            FROM claims
            WHERE user_id = $1 AND (reason <> $2::text OR grant_reason <> $2::text)
            ORDER BY id
            LIMIT $3
            FOR NO KEY UPDATE
        ), answers AS (
            UPDATE idempotency_keys
            SET answer = jsonb_set(answer::jsonb, '{grantReason}', to_jsonb($2::text))::text
            FROM told
            WHERE lasting AND answer::jsonb ->> 'id' = told.id::text
        )
        UPDATE claims
        SET reason = CASE WHEN reason IS NOT NULL THEN $2::text END, grant_reason = CASE WHEN grant_reason IS NOT NULL THEN $2::text END
        FROM told
        WHERE user_id = $1 AND claims.id = told.id
        """;

    /// <summary>Only what somebody said has somebody who said it; what Laurel notes of an attempt by itself is of its endpoint.</summary>
    internal const string ForgetSaid =
        """
        UPDATE deliveries
        SET history = (
            SELECT jsonb_agg(CASE WHEN attempt ? 'by' AND attempt ? 'error' THEN attempt || jsonb_build_object('error', $2::text) ELSE attempt END ORDER BY place)
            FROM jsonb_array_elements(history) WITH ORDINALITY AS attempts (attempt, place))
        FROM (
            SELECT id
            FROM deliveries
            WHERE user_id = $1
              AND jsonb_path_exists(history, '$[*] ? (exists(@.by) && exists(@.error) && @.error != $erased)', jsonb_build_object('erased', $2::text))
            ORDER BY id
            LIMIT $3
        ) AS told
        WHERE user_id = $1 AND deliveries.id = told.id
        """;

    /// <summary>
    /// Asks for it, at the fence: whoever folds from then on knows of it. The job that does it, also where it was asked for before; one
    /// that has failed is tried again then.
    /// </summary>
    public async Task<JobId> Begin(string userId, Guid erasure, Actor by, CancellationToken cancellation)
    {
        // Asked for again it changes nothing else, and so nobody need wait for the fence.
        if (await database.Any.Query(Asked, AskedJob, [userId, erasure], cancellation) is [var begun])
        {
            await jobs.Retry(begun, by, cancellation);
            return begun;
        }

        try
        {
            return await Join(userId, erasure, by, cancellation)
                ?? await catalog.Change(transaction => Add(transaction, userId, erasure, by, cancellation), cancellation);
        }
        catch (PostgresException first) when (first.ConstraintName == "erasures_pkey")
        {
            return (await database.Any.Query(Asked, AskedJob, [userId, erasure], cancellation))[0];
        }
    }

    /// <summary>Whether activities that have been counted are being changed, so that whoever folds writes every row that they touch.</summary>
    public static async Task<bool> IsMending(NpgsqlTransaction transaction, CancellationToken cancellation) => (await transaction.Query(
        $"SELECT {JobStore.IsMending}",
        row => row.GetBoolean(0), [], cancellation))[0];

    /// <summary>
    /// Where another void or erasure is under way, all who fold know already what this one would have them know: they were told when the
    /// first of them began, and no batch that began before that still runs. None of them can end as long as this holds the fence as
    /// batches do; and whichever ends last tells. So of a great many erasures the catalog changes for two. An activity that is being stored
    /// at this very moment, and has not been answered, is one that is reported later. Null where there is no other.
    /// </summary>
    private Task<JobId?> Join(string userId, Guid erasure, Actor by, CancellationToken cancellation) => database.Any.InTransaction(
        async transaction =>
        {
            await Fence.Pass(transaction, cancellation);
            return await IsMending(transaction, cancellation) ? await Add(transaction, userId, erasure, by, cancellation) : (JobId?)null;
        },
        cancellation);

    private async Task<JobId> Add(NpgsqlTransaction transaction, string userId, Guid erasure, Actor by, CancellationToken cancellation)
    {
        var job = await jobs.Enqueue(transaction, JobKind.Erasure, @event: null, epoch: null, new ErasurePlan(userId), by.Id, cancellation);
        await transaction.Execute(
            "INSERT INTO erasures (user_id, id, job_id, created_at) VALUES ($1, $2, $3, $4)", [userId, erasure, job.Value, time.GetUtcNow()], cancellation);
        await transaction.Execute("INSERT INTO job_users (job_id, user_id) VALUES ($1, $2)", [job.Value, userId], cancellation);
        await AuditTrail.Add(transaction, new AuditEntry(by, "user.erased", "user", userId, After: new { jobId = job }), cancellation);
        return job;
    }

    /// <summary>Takes the attributes of activities of these users away, up to a limit, in the order of their keys, and tells them as they were.</summary>
    public static async IAsyncEnumerable<(string User, Activity Activity)> Strip(
        NpgsqlTransaction transaction, IReadOnlyCollection<string> users, int limit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(StripAttributes, transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = users.ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            yield return (reader.GetString(0), ActivityLog.Read(reader, 1));
    }

    /// <summary>
    /// Takes what people have written about the user's claims, also out of the answers to those who granted them, which are kept for good,
    /// and what they and the game have said of deliveries. Returns whether there was any; so much at once.
    /// </summary>
    public static async Task<bool> ForgetReasons(NpgsqlTransaction transaction, string userId, CancellationToken cancellation)
    {
        var written = await transaction.Execute(ForgetWritten, [userId, Erased, RowsAtOnce], cancellation);
        var said = await transaction.Execute(ForgetSaid, [userId, Erased, RowsAtOnce], cancellation);
        return written + said > 0;
    }

    /// <summary>
    /// Takes the answers that were kept for the user, when they were seen last, and what was to be claimed for them. Returns whether there
    /// was any; so much at once.
    /// </summary>
    public static async Task<bool> ForgetTraces(NpgsqlTransaction transaction, string userId, CancellationToken cancellation)
    {
        var answers = await transaction.Execute(
            """
            DELETE FROM idempotency_keys
            WHERE subject = $1 AND key IN (SELECT key FROM idempotency_keys WHERE subject = $1 AND NOT lasting ORDER BY key LIMIT $2)
            """,
            [userId, RowsAtOnce], cancellation);
        var seen = await transaction.Execute("DELETE FROM presence WHERE user_id = $1", [userId], cancellation);
        var due = await transaction.Execute("DELETE FROM claim_due WHERE user_id = $1", [userId], cancellation);
        return answers + seen + due > 0;
    }

    private static JobId AskedJob(NpgsqlDataReader row) => new(row.GetGuid(0));
}

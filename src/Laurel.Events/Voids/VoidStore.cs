using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Voids;

/// <summary>The statements by which activities are taken back.</summary>
internal sealed class VoidStore(EventCatalog catalog, JobStore jobs, TimeProvider time)
{
    /// <summary>
    /// That the time of arrival is looked for by no index is meant: by it these users' activities are far apart, by their keys they are
    /// together.
    /// </summary>
    internal const string TakeBackSent =
        $"""
        WITH found AS MATERIALIZED (
            SELECT user_id, id, generation
            FROM activities
            WHERE user_id = ANY ($3) AND generation BETWEEN $4 AND $5 AND source = $6
              AND received_at + interval '0' >= $7 AND received_at + interval '0' < $8 AND void_id IS NULL
            ORDER BY user_id, id, generation
            LIMIT $2
            FOR NO KEY UPDATE
        )
        {TakeBackFound}
        """;

    internal const string TakeBackNamed =
        $"""
        WITH found AS MATERIALIZED (
            SELECT activities.user_id, activities.id, activities.generation
            FROM unnest($3::text[], $4::text[]) AS named (user_id, id)
            JOIN activities ON activities.user_id = named.user_id AND activities.id = named.id
            WHERE activities.void_id IS NULL
            ORDER BY activities.user_id, activities.id, activities.generation
            LIMIT $2
            FOR NO KEY UPDATE OF activities
        )
        {TakeBackFound}
        """;

    /// <summary>
    /// The pages of a period are found by when their rows arrived. A table without statistics would be read in the order of its key.
    /// </summary>
    internal const string ByArrival =
        """
        SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true),
            set_config('enable_indexonlyscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)
        """;

    internal static string FindSent(int generation) =>
        $"""
        INSERT INTO job_users (job_id, user_id)
        SELECT DISTINCT $1::uuid, user_id
        FROM activities_{generation}
        WHERE received_at >= $3 AND received_at < $4 AND source = $2 AND void_id IS NULL
        ON CONFLICT ON CONSTRAINT job_users_pkey DO NOTHING
        """;

    private const string TakeBackFound =
        """
        UPDATE activities
        SET void_id = $1
        FROM found
        WHERE activities.user_id = found.user_id AND activities.id = found.id AND activities.generation = found.generation
          AND activities.void_id IS NULL
        RETURNING activities.user_id, activities.type, activities.occurred_at, activities.value, activities.attributes
        """;

    /// <summary>
    /// Asks for it, behind the fence: whoever folds from then on knows of it. The job is what the void is known by. Null where the
    /// period is not over yet.
    /// </summary>
    public Task<JobId?> Begin(VoidPlan plan, string reason, Actor by, CancellationToken cancellation) =>
        catalog.Change(
            async transaction =>
            {
                if (plan.To is { } to && !(await transaction.Query("SELECT $1 <= clock_timestamp()", row => row.GetBoolean(0), [to], cancellation))[0])
                    return null;

                var job = await jobs.Enqueue(transaction, JobKind.Void, @event: null, epoch: null, plan, by.Id, cancellation);
                await transaction.Execute(
                    "INSERT INTO voids (id, reason, criteria, created_at, created_by) VALUES ($1, $2, $3::jsonb, $4, $5)",
                    [job.Value, reason, JsonSerializer.Serialize(plan, JsonRules.Options), time.GetUtcNow(), by.Id], cancellation);
                await AuditTrail.Add(
                    transaction, new AuditEntry(by, "activities.voided", "job", job.ToString(), After: Noted(plan, reason)), cancellation);
                return (JobId?)job;
            },
            cancellation);

    /// <summary>Which activities were named stands in the void itself; the trail, which nobody can take names out of, tells how many, and by which list it was.</summary>
    private static object Noted(VoidPlan plan, string reason) => plan.Activities is { } named
        ? new { reason, activities = named.Count, sha256 = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(named, JsonRules.Options))) }
        : new { reason, plan.Source, plan.From, plan.To };

    /// <summary>Notes whose activities are named. Returns how many users they are.</summary>
    public static Task<int> FindUsers(NpgsqlTransaction transaction, JobId job, IReadOnlyList<ActivityName> activities, CancellationToken cancellation) =>
        transaction.Execute(
            "INSERT INTO job_users (job_id, user_id) SELECT DISTINCT $1::uuid, unnest($2::text[]) ON CONFLICT ON CONSTRAINT job_users_pkey DO NOTHING",
            [job.Value, activities.Select(one => one.UserId).ToArray()], cancellation);

    /// <summary>Notes who was reported by a service account in a part of the period. Returns how many are new.</summary>
    public static async Task<int> FindUsers(
        NpgsqlTransaction transaction, JobId job, Guid source, DateTimeOffset from, DateTimeOffset to, IEnumerable<int> generations, CancellationToken cancellation)
    {
        await transaction.Execute(ByArrival, [], cancellation);
        var found = 0;
        foreach (var generation in generations)
            found += await transaction.Execute(FindSent(generation), [job.Value, source, from, to], cancellation);
        return found;
    }

    public static Task<List<string>> NextUsers(NpgsqlTransaction transaction, JobId job, string after, int limit, CancellationToken cancellation) =>
        transaction.Query(
            "SELECT user_id FROM job_users WHERE job_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
            row => row.GetString(0), [job.Value, after, limit], cancellation);

    /// <summary>They are done; and so is whoever came before them.</summary>
    public static Task<int> Forget(NpgsqlTransaction transaction, JobId job, string last, CancellationToken cancellation) =>
        transaction.Execute("DELETE FROM job_users WHERE job_id = $1 AND user_id <= $2", [job.Value, last], cancellation);

    /// <summary>Takes back activities of these users, up to a limit, in the order of their keys, and tells them.</summary>
    public static async IAsyncEnumerable<(string User, Activity Activity)> TakeBack(
        NpgsqlTransaction transaction,
        JobId job,
        VoidPlan plan,
        IReadOnlyCollection<string> users,
        (int First, int Last) held,
        int limit,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var named = plan.Activities?.Where(one => users.Contains(one.UserId)).ToList();
        await using var command = new NpgsqlCommand(named is null ? TakeBackSent : TakeBackNamed, transaction.Connection, transaction);
        object[] values = named is null
            ? [job.Value, limit, users.ToArray(), held.First, held.Last, plan.Source!.Value, plan.From!.Value, plan.To!.Value]
            : [job.Value, limit, named.Select(one => one.UserId).ToArray(), named.Select(one => one.Id).ToArray()];
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            yield return (reader.GetString(0), ActivityLog.Read(reader, 1));
    }
}

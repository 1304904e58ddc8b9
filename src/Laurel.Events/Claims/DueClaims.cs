using Laurel.Events.Progress;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Claims;

/// <summary>A note that something is to be claimed for a user.</summary>
/// <param name="Key">The claim that is to be made.</param>
/// <param name="Version">Which note of it this is.</param>
/// <param name="Attempts">How often somebody has begun to make it.</param>
internal sealed record DueClaim(ClaimKey Key, int Version, int Attempts);

/// <summary>
/// The statements on what is to be claimed for users. It is noted in the transaction that meets the condition, which never waits for
/// stock, and claimed in another one. Keys are passed in their order.
/// </summary>
internal static class DueClaims
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Notes what these rows of progress have come to, unless it is claimed already, and tells whether there was anything. Where it is
    /// noted already the note is made a newer one: whoever settles the older has perhaps not seen what it is noted for now.
    /// </summary>
    public static async Task<bool> Note(NpgsqlConnection connection, IReadOnlyList<Touch> touches)
    {
        List<ClaimKey>? due = null;
        foreach (var touch in touches)
        {
            if (touch.Due is not 0 and var bits)
                (due ??= []).AddRange(KeysOf(touch, bits));
        }

        if (due is null)
            return false;
        due.Sort(ClaimKey.Order);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Insert(due) } };
        await batch.ExecuteNonQueryAsync();
        return true;
    }

    /// <summary>Takes some that have waited longest. Nobody else takes them before the lease has run out.</summary>
    public static Task<List<DueClaim>> Take(NpgsqlDataSource database, int limit, CancellationToken cancellation) => database.Query(
        """
        WITH waiting AS (
            SELECT user_id, event_id, offer_id, window_key
            FROM claim_due
            WHERE due_at <= now()
            ORDER BY due_at
            LIMIT $1
        )
        UPDATE claim_due
        SET due_at = now() + $2, attempts = claim_due.attempts + 1
        FROM (SELECT * FROM waiting ORDER BY user_id, event_id, offer_id, window_key OFFSET 0) AS taken
        WHERE claim_due.user_id = taken.user_id AND claim_due.event_id = taken.event_id AND claim_due.offer_id = taken.offer_id
          AND claim_due.window_key = taken.window_key AND claim_due.due_at <= now()
        RETURNING claim_due.user_id, claim_due.event_id, claim_due.offer_id, claim_due.window_key, claim_due.version, claim_due.attempts
        """,
        row => new DueClaim(
            new ClaimKey(row.GetString(0), new EventId(row.GetGuid(1)), new OfferId(row.GetGuid(2)), row.GetFieldValue<DateOnly>(3)), row.GetInt32(4), row.GetInt32(5)),
        [limit, Lease], cancellation);

    /// <summary>Puts them off for so long each, unless they were noted again meanwhile.</summary>
    public static async Task PutOff(NpgsqlDataSource database, List<(DueClaim Due, TimeSpan By)> late, CancellationToken cancellation)
    {
        late.Sort((left, right) => ClaimKey.Order.Compare(left.Due.Key, right.Due.Key));
        await using var batch = database.CreateBatch();
        var command = new NpgsqlBatchCommand(
            """
            UPDATE claim_due
            SET due_at = now() + late.by
            FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::date[], $5::int[], $6::interval[])
                AS late (user_id, event_id, offer_id, window_key, version, by)
            WHERE claim_due.user_id = late.user_id AND claim_due.event_id = late.event_id AND claim_due.offer_id = late.offer_id
              AND claim_due.window_key = late.window_key AND claim_due.version = late.version
            """);
        AddKeys(command, late.ConvertAll(one => one.Due.Key));
        command.Parameters.Add(Columns.Of(late, NpgsqlDbType.Integer, one => one.Due.Version));
        command.Parameters.Add(Columns.Of(late, NpgsqlDbType.Interval, one => one.By));
        batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Takes the notes away, but for those that were made anew since they were read.</summary>
    public static async Task Settle(NpgsqlConnection connection, List<DueClaim> settled)
    {
        if (settled.Count == 0)
            return;
        settled.Sort((left, right) => ClaimKey.Order.Compare(left.Key, right.Key));
        var command = new NpgsqlBatchCommand(
            """
            DELETE FROM claim_due
            USING unnest($1::text[], $2::uuid[], $3::uuid[], $4::date[], $5::int[]) AS settled (user_id, event_id, offer_id, window_key, version)
            WHERE claim_due.user_id = settled.user_id AND claim_due.event_id = settled.event_id AND claim_due.offer_id = settled.offer_id
              AND claim_due.window_key = settled.window_key AND claim_due.version = settled.version
            """);
        AddKeys(command, settled.ConvertAll(one => one.Key));
        command.Parameters.Add(Columns.Of(settled, NpgsqlDbType.Integer, one => one.Version));
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
        await batch.ExecuteNonQueryAsync();
    }

    private static NpgsqlBatchCommand Insert(List<ClaimKey> due)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO claim_due (user_id, event_id, offer_id, window_key)
            SELECT user_id, event_id, offer_id, window_key
            FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::date[]) AS met (user_id, event_id, offer_id, window_key)
            WHERE NOT EXISTS (
                SELECT
                FROM claims
                WHERE claims.user_id = met.user_id AND claims.event_id = met.event_id AND claims.offer_id = met.offer_id
                  AND claims.window_key = met.window_key AND claims.status <> 'reopened'
                OFFSET 0)
            ON CONFLICT ON CONSTRAINT claim_due_pkey DO UPDATE
            SET version = claim_due.version + 1, due_at = now()
            """);
        AddKeys(command, due);
        return command;
    }

    private static IEnumerable<ClaimKey> KeysOf(Touch touch, long bits) => touch.Event.Offers
        .Where(offer => (bits & (1L << offer.Ordinal)) != 0)
        .Select(offer => new ClaimKey(touch.Key.UserId, touch.Key.EventId, offer.Id, touch.Key.Window));

    private static void AddKeys(NpgsqlBatchCommand command, List<ClaimKey> keys)
    {
        command.Parameters.Add(Columns.Texts(keys, key => key.UserId));
        command.Parameters.Add(Columns.Of(keys, NpgsqlDbType.Uuid, key => key.Event.Value));
        command.Parameters.Add(Columns.Of(keys, NpgsqlDbType.Uuid, key => key.Offer.Value));
        command.Parameters.Add(Columns.Of(keys, NpgsqlDbType.Date, key => key.Window));
    }
}

using System.Text.Json;
using Laurel.Events.Catalog;
using Laurel.Events.Coupons;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Claims;

/// <summary>The statements on claims that come in batches. Keys are passed in their order, so that locks are taken in one order everywhere.</summary>
internal static class ClaimStore
{
    public const string Columns =
        $"""
        id, user_id, event_id, offer_id, window_key, reward_id, reward_name, {CouponStore.Contents} AS contents, points, status, origin, holds, created_at,
        completed_at, decided_by, decided_at, reason, decide_by, on_deadline, granted_by, grant_reason
        """;

    /// <summary>A claim to be made, and its contents as they are stored.</summary>
    public readonly record struct New(Claim Claim, string Contents);

    /// <summary>All claims of users in windows of events, whatever became of them, but for those that were reopened.</summary>
    public static NpgsqlBatchCommand Find(IReadOnlyList<(string UserId, EventId Event, DateOnly Window)> windows)
    {
        var command = new NpgsqlBatchCommand(
            $"""
            SELECT {Columns}
            FROM unnest($1::text[], $2::uuid[], $3::date[]) AS wanted (of_user, of_event, of_window)
            CROSS JOIN LATERAL (
                SELECT *
                FROM claims
                WHERE user_id = of_user AND event_id = of_event AND window_key = of_window AND status <> 'reopened'
                OFFSET 0
            ) AS claims
            """);
        command.Parameters.Add(Platform.Postgres.Columns.Texts(windows, one => one.UserId));
        command.Parameters.Add(Platform.Postgres.Columns.Of(windows, NpgsqlDbType.Uuid, one => one.Event.Value));
        command.Parameters.Add(Platform.Postgres.Columns.Of(windows, NpgsqlDbType.Date, one => one.Window));
        return command;
    }

    /// <summary>Makes such claims as nobody has made before, and tells which.</summary>
    public static NpgsqlBatchCommand Insert(IReadOnlyList<New> claims)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO claims (id, user_id, event_id, offer_id, window_key, reward_id, reward_name, contents, points, status, origin, holds,
                created_at, completed_at, decide_by, on_deadline, granted_by, grant_reason)
            SELECT id, user_id, event_id, offer_id, window_key, reward_id, reward_name, contents::jsonb, points, status, origin, holds,
                created_at, completed_at, decide_by, on_deadline, granted_by, grant_reason
            FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::date[], $6::uuid[], $7::text[], $8::text[], $9::bigint[], $10::text[],
                    $11::text[], $12::smallint[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::text[], $18::text[])
                AS made (id, user_id, event_id, offer_id, window_key, reward_id, reward_name, contents, points, status, origin, holds,
                    created_at, completed_at, decide_by, on_deadline, granted_by, grant_reason)
            ON CONFLICT (user_id, event_id, offer_id, window_key) WHERE status <> 'reopened' DO NOTHING
            RETURNING id
            """);
        Add(NpgsqlDbType.Uuid, claim => claim.Id.Value);
        Add(NpgsqlDbType.Text, claim => claim.Key.UserId);
        Add(NpgsqlDbType.Uuid, claim => claim.Key.OfEvent?.Value);
        Add(NpgsqlDbType.Uuid, claim => claim.Key.OfOffer?.Value);
        Add(NpgsqlDbType.Date, claim => claim.Key.IsByHand ? (DateOnly?)null : claim.Key.Window);
        Add(NpgsqlDbType.Uuid, claim => claim.RewardId.Value);
        Add(NpgsqlDbType.Text, claim => claim.RewardName);
        command.Parameters.Add(Platform.Postgres.Columns.Texts(claims, one => one.Contents));
        Add(NpgsqlDbType.Bigint, claim => claim.Points);
        Add(NpgsqlDbType.Text, claim => WireNames<ClaimStatus>.Of(claim.Status));
        Add(NpgsqlDbType.Text, claim => WireNames<ClaimOrigin>.Of(claim.Origin));
        Add(NpgsqlDbType.Smallint, claim => (short)claim.Holds);
        Add(NpgsqlDbType.TimestampTz, claim => claim.CreatedAt.UtcDateTime);
        Add(NpgsqlDbType.TimestampTz, claim => claim.CompletedAt?.UtcDateTime);
        Add(NpgsqlDbType.TimestampTz, claim => claim.Deadline?.At.UtcDateTime);
        Add(NpgsqlDbType.Text, claim => claim.Deadline is { } deadline ? WireNames<DeadlineOutcome>.Of(deadline.Outcome) : null);
        Add(NpgsqlDbType.Text, claim => claim.ByHand?.By);
        Add(NpgsqlDbType.Text, claim => claim.ByHand?.Reason);
        return command;

        void Add<T>(NpgsqlDbType type, Func<Claim, T> value) => command.Parameters.Add(Platform.Postgres.Columns.Of(claims, type, one => value(one.Claim)));
    }

    /// <summary>Takes claims back that this same transaction has made.</summary>
    public static NpgsqlBatchCommand Delete(IReadOnlyList<Claim> claims)
    {
        var command = new NpgsqlBatchCommand(
            """
            DELETE FROM claims
            USING unnest($1::text[], $2::uuid[]) AS lost (user_id, id)
            WHERE claims.user_id = lost.user_id AND claims.id = lost.id
            """);
        command.Parameters.Add(Platform.Postgres.Columns.Texts(claims, claim => claim.Key.UserId));
        command.Parameters.Add(Platform.Postgres.Columns.Of(claims, NpgsqlDbType.Uuid, claim => claim.Id.Value));
        return command;
    }

    /// <summary>By their keys; at most one of those that <see cref="Find"/> looks for has each.</summary>
    public static async Task ReadAll(NpgsqlDataReader reader, Dictionary<ClaimKey, Claim> claims)
    {
        while (await reader.ReadAsync())
        {
            var claim = Read(reader);
            claims[claim.Key] = claim;
        }
    }

    public static Claim Read(NpgsqlDataReader row) => new(
        new ClaimId(row.GetGuid(0)),
        row.IsDBNull(2)
            ? ClaimKey.ByHand(row.GetString(1), new ClaimId(row.GetGuid(0)))
            : new ClaimKey(row.GetString(1), new EventId(row.GetGuid(2)), new OfferId(row.GetGuid(3)), row.GetFieldValue<DateOnly>(4)),
        new RewardId(row.GetGuid(5)),
        row.GetString(6),
        JsonSerializer.Deserialize<IReadOnlyList<Content>>(row.GetString(7), JsonRules.Options)!,
        row.GetInt64(8),
        WireNames<ClaimStatus>.Parse(row.GetString(9)),
        WireNames<ClaimOrigin>.Parse(row.GetString(10)),
        (Holds)row.GetInt16(11),
        row.Time(12))
    {
        CompletedAt = row.IsDBNull(13) ? null : row.Time(13),
        Decision = row.IsDBNull(15) ? null : new Decision(row.GetString(14), row.Time(15), row.OptionalText(16)),
        Deadline = row.IsDBNull(17) ? null : new Deadline(row.Time(17), WireNames<DeadlineOutcome>.Parse(row.GetString(18))),
        ByHand = row.IsDBNull(19) ? null : new ByHand(row.GetString(19), row.GetString(20)),
    };
}

using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Activities;

/// <summary>
/// The statements on the activity log. <c>OFFSET 0</c> keeps the order of a join as it is written: for each that is sent, its row by
/// its key. Else a plan that is made while the table is empty may begin with the table, and stays when it has grown.
/// </summary>
internal static class ActivityLog
{
    /// <summary>
    /// Stores what is new and tells it. What has been stored before is left out, whether in this generation (its key says so) or in
    /// the one before it, to which nobody writes any more.
    /// </summary>
    public static NpgsqlBatchCommand Insert(int generation, IReadOnlyList<NewActivity> activities)
    {
        var earlier = generation == 1 ? "" : $"""
            WHERE NOT EXISTS (
                SELECT FROM activities_{generation - 1} AS earlier
                WHERE earlier.user_id = sent.user_id AND earlier.id = sent.id)
            """;
        var command = new NpgsqlBatchCommand(
            $"""
            INSERT INTO activities_{generation} (generation, user_id, id, type, occurred_at, value, source, attributes)
            SELECT {generation}, user_id, id, type, occurred_at, value, source, attributes::jsonb
            FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::uuid[], $7::text[])
                AS sent (user_id, id, type, occurred_at, value, source, attributes)
            {earlier}
            ON CONFLICT DO NOTHING
            RETURNING user_id, id
            """);
        command.Parameters.Add(Columns.Texts(activities, one => one.UserId));
        command.Parameters.Add(Columns.Texts(activities, one => one.Id));
        command.Parameters.Add(Columns.Texts(activities, one => one.Content.Type));
        command.Parameters.Add(Columns.Of(activities, NpgsqlDbType.TimestampTz, one => one.Content.OccurredAt.UtcDateTime));
        command.Parameters.Add(Columns.Of(activities, NpgsqlDbType.Bigint, one => one.Content.Value));
        command.Parameters.Add(Columns.Of(activities, NpgsqlDbType.Uuid, one => one.Source));
        command.Parameters.Add(Columns.Texts(activities, one => one.Content.Attributes.Count == 0 ? null : one.Content.Attributes.ToJson()));
        return command;
    }

    /// <summary>What an erasure leaves of attributes. What never had any has none.</summary>
    public const string ErasedAttributes = "'{}'::jsonb";

    /// <summary>What is stored under ids that were sent again, and whether it has lost its attributes.</summary>
    public static NpgsqlBatchCommand Find(int generation, IReadOnlyList<NewActivity> activities)
    {
        var command = new NpgsqlBatchCommand(
            $"""
            SELECT sent.place, stored.type, stored.occurred_at, stored.value, stored.attributes, stored.attributes IS NOT DISTINCT FROM {ErasedAttributes}
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS sent (user_id, id, place)
            CROSS JOIN LATERAL (
                SELECT *
                FROM activities
                WHERE activities.user_id = sent.user_id AND activities.id = sent.id AND activities.generation IN ($3, $3 - 1)
                OFFSET 0
            ) AS stored
            """);
        command.Parameters.Add(Columns.Texts(activities, one => one.UserId));
        command.Parameters.Add(Columns.Texts(activities, one => one.Id));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = generation });
        return command;
    }

    /// <summary>
    /// The activities of users in periods, as far as they count: of these types, not voided. Each row begins with the number (from 1)
    /// of the user and period that it belongs to.
    /// </summary>
    public static NpgsqlBatchCommand History(
        (int First, int Last) generations, IReadOnlyList<(string UserId, DateTimeOffset From, DateTimeOffset To)> periods, IReadOnlyCollection<string> types)
    {
        var command = new NpgsqlBatchCommand(
            """
            SELECT period.place, stored.type, stored.occurred_at, stored.value, stored.attributes
            FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS period (user_id, since, until, place)
            CROSS JOIN LATERAL (
                SELECT *
                FROM activities
                WHERE activities.user_id = period.user_id
                AND activities.generation BETWEEN $5 AND $6
                AND activities.occurred_at >= period.since
                AND activities.occurred_at < period.until
                AND activities.type = ANY ($4)
                AND activities.void_id IS NULL
                OFFSET 0
            ) AS stored
            """);
        command.Parameters.Add(Columns.Texts(periods, period => period.UserId));
        command.Parameters.Add(Columns.Of(periods, NpgsqlDbType.TimestampTz, period => period.From.UtcDateTime));
        command.Parameters.Add(Columns.Of(periods, NpgsqlDbType.TimestampTz, period => period.To.UtcDateTime));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. types] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = generations.First });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = generations.Last });
        return command;
    }

    /// <summary>An activity from the four columns that start at <paramref name="column"/>: type, occurred_at, value, attributes.</summary>
    public static Activity Read(NpgsqlDataReader row, int column) => new(
        row.GetString(column),
        new DateTimeOffset(row.GetDateTime(column + 1)),
        row.IsDBNull(column + 2) ? null : row.GetInt64(column + 2),
        row.IsDBNull(column + 3) ? Attributes.None : Attributes.Parse(row.GetString(column + 3)));
}

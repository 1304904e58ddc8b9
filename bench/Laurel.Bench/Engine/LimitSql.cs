namespace Laurel.Bench.Engine;

/// <summary>The statements of the hot path.</summary>
internal static class LimitSql
{
    public const string Insert =
        """
        INSERT INTO activities (occurred_at, value, user_id, id, type, attributes, generation, source)
        SELECT occurred_at, value, user_id, id, type, attributes::jsonb, $7, $8
        FROM unnest($1::timestamptz[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS new (occurred_at, value, user_id, id, type, attributes)
        ON CONFLICT DO NOTHING
        RETURNING user_id, id
        """;

    public const string Read =
        """
        SELECT user_id, event_id, window_key, version, epoch, met, state
        FROM unnest($1::text[], $2::uuid[], $3::date[]) AS wanted (user_id, event_id, window_key)
        JOIN progress USING (user_id, event_id, window_key)
        """;

    public const string Upsert =
        """
        INSERT INTO progress (met, version, epoch, window_key, event_id, user_id, state)
        SELECT met, version, epoch, window_key, event_id, user_id, state
        FROM unnest($1::bigint[], $2::int[], $3::int[], $4::date[], $5::uuid[], $6::text[], $7::bytea[])
            AS folded (met, version, epoch, window_key, event_id, user_id, state)
        ON CONFLICT (user_id, event_id, window_key) DO UPDATE
        SET state = excluded.state, version = excluded.version, met = excluded.met, updated_at = now()
        WHERE progress.version = excluded.version - 1
        """;
}

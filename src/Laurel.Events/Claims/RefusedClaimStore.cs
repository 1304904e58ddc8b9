using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Claims;

/// <summary>Which refused attempts are wanted.</summary>
internal sealed record RefusedFilter(string? UserId, EventId? Event, OfferId? Offer, string? Code, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>Refused attempts in the database: a row for each user, offer, reason and day.</summary>
internal sealed class RefusedClaimStore(EventsDatabase database, TimeProvider time)
{
    /// <summary>How many rows a user can have for a day; who is refused in more ways is not told of in more.</summary>
    public const int MaxOfUser = 100;

    private const int ForgottenAtOnce = 10_000;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>Adds to what is counted, in the order of the keys, and returns how many keys found no room.</summary>
    public async Task<int> Add(IReadOnlyList<KeyValuePair<RefusedKey, RefusedCount>> counted, CancellationToken cancellation)
    {
        await using var batch = database.Batches.CreateBatch();
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO refused_claims (id, user_id, day, event_id, offer_id, code, count, first_at, last_at)
            SELECT id, user_id, day, event_id, offer_id, code, count, first_at, last_at
            FROM (
                SELECT *, row_number() OVER (PARTITION BY user_id, day ORDER BY place) AS place_of_user
                FROM unnest($1::uuid[], $2::text[], $3::date[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::timestamptz[], $9::timestamptz[])
                    WITH ORDINALITY AS sent (id, user_id, day, event_id, offer_id, code, count, first_at, last_at, place)
            ) AS sent
            WHERE place_of_user + (
                    SELECT count(*)
                    FROM refused_claims AS known
                    WHERE known.user_id = sent.user_id AND known.day = sent.day) <= $10
               OR EXISTS (
                    SELECT
                    FROM refused_claims AS known
                    WHERE known.user_id = sent.user_id AND known.day = sent.day AND known.event_id = sent.event_id
                      AND known.offer_id IS NOT DISTINCT FROM sent.offer_id AND known.code = sent.code
                    OFFSET 0)
            ORDER BY place
            ON CONFLICT ON CONSTRAINT refused_claims_once DO UPDATE
            SET count = refused_claims.count + excluded.count,
                first_at = LEAST(refused_claims.first_at, excluded.first_at),
                last_at = GREATEST(refused_claims.last_at, excluded.last_at)
            """);
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.Uuid, one => Guid.CreateVersion7(one.Value.First)));
        command.Parameters.Add(Columns.Texts(counted, one => one.Key.UserId));
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.Date, one => one.Key.Day));
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.Uuid, one => one.Key.Event.Value));
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.Uuid, one => one.Key.Offer?.Value));
        command.Parameters.Add(Columns.Texts(counted, one => one.Key.Code));
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.Bigint, one => one.Value.Count));
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.TimestampTz, one => one.Value.First.UtcDateTime));
        command.Parameters.Add(Columns.Of(counted, NpgsqlDbType.TimestampTz, one => one.Value.Last.UtcDateTime));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = MaxOfUser });
        batch.BatchCommands.Add(command);
        return counted.Count - await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Newest first, by when each was refused first.</summary>
    public Task<List<RefusedClaimView>> List(RefusedFilter filter, Guid? before, int limit, CancellationToken cancellation)
    {
        var conditions = new Conditions();
        conditions.Add("user_id = {0}", filter.UserId);
        conditions.Add("event_id = {0}", filter.Event?.Value);
        conditions.Add("offer_id = {0}", filter.Offer?.Value);
        conditions.Add("code = {0}", filter.Code);
        conditions.Add("last_at >= {0}", filter.From?.ToUniversalTime());
        conditions.Add("first_at < {0}", filter.To?.ToUniversalTime());
        conditions.Add("id < {0}", filter.To is { } to ? ClaimReader.FirstOf(to) : null);
        conditions.Add("id < {0}", before);
        return database.Any.Query(
            $"""
            SELECT id, user_id, event_id, offer_id, code, day, count, first_at, last_at
            FROM refused_claims
            {conditions.Where}
            ORDER BY id DESC
            LIMIT {conditions.Value(limit)}
            """,
            Read, conditions.Values, cancellation);
    }

    /// <summary>To be called every hour.</summary>
    public async Task Forget(CancellationToken cancellation)
    {
        var oldest = ClaimReader.FirstOf(time.GetUtcNow() - Kept);
        while (await database.Batches.Execute(
            "DELETE FROM refused_claims WHERE id = ANY (ARRAY (SELECT id FROM refused_claims WHERE id < $1 ORDER BY id LIMIT $2))",
            [oldest, ForgottenAtOnce], cancellation) == ForgottenAtOnce)
        {
            // One bounded statement after the other.
        }
    }

    private static RefusedClaimView Read(NpgsqlDataReader row) => new(
        row.GetGuid(0),
        row.GetString(1),
        new EventId(row.GetGuid(2)),
        row.Optional<Guid>(3) is { } offer ? new OfferId(offer) : null,
        row.GetString(4),
        row.GetFieldValue<DateOnly>(5),
        row.GetInt64(6),
        row.Time(7),
        row.Time(8));
}

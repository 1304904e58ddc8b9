using Laurel.Events.Catalog;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>Which claims are wanted.</summary>
internal sealed record ClaimFilter
{
    public string? UserId { get; init; }

    public EventId? Event { get; init; }

    public OfferId? Offer { get; init; }

    public ClaimStatus? Status { get; init; }

    /// <summary>Those whose reward has contents of this kind.</summary>
    public ContentKind? RewardType { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }
}

/// <summary>
/// Claims as they are looked for, newest first. By the door of the pipelines: every filter has its index, and no plan may hang on what
/// the planner happens to believe.
/// </summary>
internal sealed class ClaimReader(EventsDatabase database)
{
    /// <summary>For the statement's own transaction: a plan that was made for an empty table would sort a large one.</summary>
    internal const string InOrder = "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)";

    public async Task<List<Claim>> List(ClaimFilter filter, Guid? before, int limit, CancellationToken cancellation)
    {
        var (sql, values) = Statement(filter, before, limit);
        await using var batch = database.Batches.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(InOrder));
        var page = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            page.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(page);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        var rows = new List<Claim>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(ClaimStore.Read(reader));
        return rows;
    }

    /// <summary>
    /// An id begins with the millisecond in which it was made, so a period is a range of ids, and every index ends with it. Where an index
    /// has the status before the id, or an event has several offers, the newest of each are read, and the newest of those are the page.
    /// </summary>
    internal static (string Sql, object?[] Values) Statement(ClaimFilter filter, Guid? before, int limit)
    {
        var values = new List<object?>();
        var page = $"ORDER BY claims.id DESC\nLIMIT {Value(limit)}";
        var conditions = new List<string?>
        {
            filter.UserId is { } user ? $"claims.user_id = {Value(user)}" : null,
            filter.From is { } from ? $"claims.id >= {Value(FirstOf(from))}" : null,
            filter.To is { } to ? $"claims.id < {Value(FirstOf(to))}" : null,
            before is { } last ? $"claims.id < {Value(last)}" : null,
            // As they stand in the conditions of partial indexes, which no parameter could meet.
            filter.RewardType is { } kind ? $$"""claims.contents @> '[{"type": "{{WireNames<ContentKind>.Of(kind)}}"}]'""" : null,
        };
        if (filter.UserId is not null || (filter.Event is null && filter.Offer is null))
        {
            conditions.Add(filter.Status switch
            {
                null => null,
                // Nearly all are, so the ids are gone through; in this form no index offers itself for it.
                ClaimStatus.Completed => "(claims.status = 'completed') IS TRUE",
                { } status => $"claims.status = '{WireNames<ClaimStatus>.Of(status)}'",
            });
            conditions.Add(filter.Event is { } of ? $"claims.event_id = {Value(of.Value)}" : null);
            conditions.Add(filter.Offer is { } by ? $"claims.offer_id = {Value(by.Value)}" : null);
            return ($"SELECT {ClaimStore.Columns}\nFROM claims\n{Where(conditions)}\n{page}", [.. values]);
        }

        var offers = Where(
        [
            filter.Event is { } @event ? $"event_id = {Value(@event.Value)}" : null,
            filter.Offer is { } offer ? $"id = {Value(offer.Value)}" : null,
        ]);
        var statuses = filter.Status is { } one ? [one] : Enum.GetValues<ClaimStatus>();
        var ofOne = Where([.. conditions, "claims.offer_id = of_offer", "claims.status = of_status"]);
        return (
            $"""
            SELECT {ClaimStore.Columns}
            FROM (SELECT id AS of_offer FROM offers {offers}) AS looked_at
            CROSS JOIN unnest({Value(Array.ConvertAll(statuses, WireNames<ClaimStatus>.Of))}::text[]) AS looked_for (of_status)
            CROSS JOIN LATERAL (SELECT * FROM claims {ofOne} {page}) AS claims
            {page}
            """, [.. values]);

        string Value(object value)
        {
            values.Add(value);
            return $"${values.Count}";
        }
    }

    private static string Where(IReadOnlyList<string?> conditions) =>
        conditions.OfType<string>().ToList() is { Count: > 0 } all ? $"WHERE {string.Join(" AND ", all)}" : "";

    public Task<Claim?> Find(ClaimId id, CancellationToken cancellation) =>
        database.Any.QueryOne($"SELECT {ClaimStore.Columns} FROM claims WHERE id = $1", ClaimStore.Read, [id.Value], cancellation);

    /// <summary>The smallest id that can have been made at this time.</summary>
    internal static Guid FirstOf(DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, time.ToUnixTimeMilliseconds()) << 16);
        return new Guid(bytes, bigEndian: true);
    }
}

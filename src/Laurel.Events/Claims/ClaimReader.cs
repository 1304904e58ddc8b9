using Laurel.Events.Catalog;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;

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

/// <summary>Claims as they are looked for, newest first.</summary>
internal sealed class ClaimReader(EventsDatabase database)
{
    /// <summary>An id begins with the millisecond in which it was made, so a period is a range of ids, and every index ends with it.</summary>
    public Task<List<Claim>> List(ClaimFilter filter, Guid? before, int limit, CancellationToken cancellation)
    {
        var (conditions, values) = (new List<string>(), new List<object?>());
        Add("user_id = {0}", filter.UserId);
        Add("event_id = {0}", filter.Event?.Value);
        Add("offer_id = {0}", filter.Offer?.Value);
        Add("status = {0}", filter.Status is { } status ? WireNames<ClaimStatus>.Of(status) : null);
        Add("contents @> jsonb_build_array(jsonb_build_object('type', {0}::text))", filter.RewardType is { } kind ? WireNames<ContentKind>.Of(kind) : null);
        Add("id >= {0}", filter.From is { } from ? FirstOf(from) : null);
        Add("id < {0}", filter.To is { } to ? FirstOf(to) : null);
        Add("id < {0}", before);
        values.Add(limit);
        return database.Any.Query(
            $"""
            SELECT {ClaimStore.Columns}
            FROM claims
            {(conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}")}
            ORDER BY id DESC
            LIMIT ${values.Count}
            """,
            ClaimStore.Read, [.. values], cancellation);

        void Add(string condition, object? value)
        {
            if (value is null)
                return;
            values.Add(value);
            conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, $"${values.Count}"));
        }
    }

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

using System.Text.Json;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Catalog;

/// <summary>How an event and its offers are read: as one row, so that both are of one moment.</summary>
internal static class EventRows
{
    public const string Columns =
        """
        events.id, events.status, events.title, events.description, events.starts_at, events.ends_at, events.time_zone,
        events.day_starts_at, events.repeats, events.claim_within_seconds, events.condition,
        events.version, events.epoch, events.settled_epoch, events.next_ordinal, events.first_activated_at,
        events.created_at, events.created_by, events.updated_at,
        (SELECT changed_by FROM event_versions WHERE event_id = events.id AND version = events.version),
        (SELECT since FROM quarantines WHERE event_id = events.id),
        (SELECT reason FROM quarantines WHERE event_id = events.id),
        (SELECT jsonb_agg(
                    jsonb_build_object(
                        'id', offers.id, 'ordinal', offers.ordinal, 'rewardId', offers.reward_id,
                        'rewardName', rewards.name, 'contents', rewards.contents, 'rewardStock', rewards.stock, 'condition', offers.condition,
                        'requiresApproval', offers.requires_approval, 'autoClaim', offers.auto_claim,
                        'stock', offers.stock, 'closed', offers.closed,
                        'approvalDeadlineSeconds', offers.approval_deadline_seconds, 'onDeadline', offers.on_deadline)
                    ORDER BY offers.ordinal)
         FROM offers
         JOIN rewards ON rewards.id = offers.reward_id
         WHERE offers.event_id = events.id)
        """;

    /// <param name="row">A row with the columns.</param>
    /// <param name="first">Where they begin in it.</param>
    /// <exception cref="EventUnreadableException">It was stored by another version of Laurel, which knows other conditions or contents.</exception>
    public static Event Read(NpgsqlDataReader row, int first = 0)
    {
        try
        {
            return Parse(row, first);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or FormatException)
        {
            throw new EventUnreadableException(new EventId(row.GetGuid(first)), exception);
        }
    }

    /// <summary>Whether it is folded, as far as its columns tell.</summary>
    public static bool IsFolded(NpgsqlDataReader row, int first) => row.GetString(first + 1) == "active" && row.IsDBNull(first + 20);

    private static Event Parse(NpgsqlDataReader row, int first) => new(
        new EventId(row.GetGuid(first)),
        WireNames<EventStatus>.Parse(row.GetString(first + 1)),
        new EventRequest
        {
            Title = row.GetString(first + 2),
            Description = row.GetString(first + 3),
            StartsAt = row.Time(first + 4),
            EndsAt = row.Time(first + 5),
            TimeZone = row.GetString(first + 6),
            DayStartsAt = row.GetFieldValue<TimeOnly>(first + 7),
            Repeats = WireNames<Repeats>.Parse(row.GetString(first + 8)),
            ClaimWithinSeconds = row.GetInt64(first + 9),
            Condition = Parse<Condition>(row.GetString(first + 10)),
        },
        row.OptionalText(first + 22) is { } offers ? Parse<IReadOnlyList<Offer>>(offers) : [],
        row.GetInt32(first + 11),
        row.GetInt32(first + 12),
        row.GetInt32(first + 13),
        row.GetInt32(first + 14),
        row.Optional<DateTimeOffset>(first + 15),
        row.Time(first + 16),
        row.GetString(first + 17),
        row.Time(first + 18),
        row.GetString(first + 19),
        row.IsDBNull(first + 20) ? null : new Quarantine(row.Time(first + 20), row.GetString(first + 21)));

    private static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, JsonRules.Options) ?? throw new JsonException();
}

internal sealed class EventUnreadableException(EventId id, Exception reason) : Exception($"The event {id} was stored in a way that this version cannot read.", reason);

using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Deliveries;

/// <summary>An endpoint of the game's, as it is stored.</summary>
internal sealed record Webhook(
    WebhookId Id,
    string Url,
    string Description,
    bool Enabled,
    bool Fulfils,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset UpdatedAt,
    WebhookSecrets Secrets)
{
    public const string Columns =
        """
        webhooks.id, url, description, enabled, fulfils, webhooks.created_at, webhooks.created_by, webhooks.updated_at,
        secret, previous_secret, previous_until, failing_since, disabled_at, disabled_reason
        """;

    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When Laurel switched it off, and why.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    public string? DisabledReason { get; init; }

    /// <summary>Where its deliveries wait.</summary>
    public DeliveryQueue Queue => Fulfils ? DeliveryQueue.Fulfilment : DeliveryQueue.Telling(Id);

    public static Webhook Read(NpgsqlDataReader row) => new(
        new WebhookId(row.GetGuid(0)),
        row.GetString(1),
        row.GetString(2),
        row.GetBoolean(3),
        row.GetBoolean(4),
        row.Time(5),
        row.GetString(6),
        row.Time(7),
        new WebhookSecrets(row.GetFieldValue<byte[]>(8), row.IsDBNull(9) ? null : row.GetFieldValue<byte[]>(9), row.Optional<DateTimeOffset>(10)))
    {
        FailingSince = row.Optional<DateTimeOffset>(11),
        DisabledAt = row.Optional<DateTimeOffset>(12),
        DisabledReason = row.OptionalText(13),
    };
}

/// <summary>What an endpoint's messages are signed with, sealed; while it rotates, the one before signs too.</summary>
internal sealed record WebhookSecrets(byte[] Current, byte[]? Previous, DateTimeOffset? PreviousUntil);

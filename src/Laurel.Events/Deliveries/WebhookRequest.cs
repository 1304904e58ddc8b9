using Laurel.Platform.Http;

namespace Laurel.Events.Deliveries;

/// <summary>An endpoint of the game's.</summary>
/// <param name="Url">An https address, by a full name and at port 443.</param>
/// <param name="Description">For operators.</param>
/// <param name="Enabled">Whether it is called. What waits for one that is switched off goes on waiting.</param>
/// <param name="Fulfils">
/// Whether what it answers decides what becomes of a claim; others are only told. One at most does. Where it is not said, the first
/// webhook does, and the others do not.
/// </param>
public sealed record WebhookRequest(string Url, string Description = "", bool Enabled = true, bool? Fulfils = null)
{
    internal static WebhookRequest Of(Webhook webhook) => new(webhook.Url, webhook.Description, webhook.Enabled, webhook.Fulfils);
}

internal static class WebhookRules
{
    private const int MaxDescription = 500;

    public static FieldError? Check(WebhookRequest request, bool allowLoopback) =>
        WebhookUrl.Check(request.Url, allowLoopback) ?? TextRules.Prose("description", request.Description, MaxDescription);
}

/// <summary>An endpoint as operators see it.</summary>
/// <param name="Id">The webhook.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Description">What operators say of it.</param>
/// <param name="Enabled">Whether it is called.</param>
/// <param name="Fulfils">Whether what it answers decides what becomes of a claim.</param>
/// <param name="CreatedAt">Since when it is here.</param>
/// <param name="FailingSince">Since when not one attempt has succeeded.</param>
/// <param name="DisabledAt">When Laurel switched it off.</param>
/// <param name="DisabledReason">Why.</param>
/// <param name="PreviousSecretUntil">Until when the secret before this one signs too.</param>
public sealed record WebhookView(
    WebhookId Id,
    string Url,
    string Description,
    bool Enabled,
    bool Fulfils,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FailingSince,
    DateTimeOffset? DisabledAt,
    string? DisabledReason,
    DateTimeOffset? PreviousSecretUntil)
{
    internal static WebhookView Of(Webhook webhook) => new(
        webhook.Id, webhook.Url, webhook.Description, webhook.Enabled, webhook.Fulfils, webhook.CreatedAt, webhook.FailingSince, webhook.DisabledAt,
        webhook.DisabledReason, webhook.Secrets.PreviousUntil);
}

/// <summary>An answer that holds a secret: it is shown this once.</summary>
public sealed record WebhookSecret(WebhookId Id, string Url, string Secret, string Description, bool Enabled, bool Fulfils);

/// <summary>What a test message came to.</summary>
/// <param name="Delivered">Whether the endpoint answered 2xx.</param>
/// <param name="Status">What it answered; absent where it did not.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Answer">The beginning of its answer.</param>
public sealed record WebhookTest(bool Delivered, int? Status, string? Error, int Milliseconds, string? Answer);

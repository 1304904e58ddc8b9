using System.Security.Cryptography;
using System.Text;
using Laurel.Events.Catalog;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Deliveries;

internal enum WebhookOutcome
{
    NotFound,
    RuleBroken,
    AnotherFulfils,
    TooMany,
    Done,
}

internal sealed record WebhookChange(WebhookOutcome Outcome, Webhook? Webhook = null, string? Secret = null, FieldError? Broken = null);

/// <summary>The game's endpoints in the database. What decides where claims go is changed behind the fence.</summary>
internal sealed class WebhookStore(
    EventsDatabase database, EventCatalog catalog, Signing signing, DeliveryBell bell, DeliveryMeters meters, EventsOptions options, TimeProvider time, ILogger<WebhookStore> log)
{
    /// <summary>Each has connections and a look at what is due of its own.</summary>
    public const int MaxWebhooks = 20;

    /// <summary>How long an endpoint may fail without one success, before it is switched off.</summary>
    public static readonly TimeSpan LongestFailing = TimeSpan.FromDays(5);

    /// <summary>How long the secret before goes on signing.</summary>
    public static readonly TimeSpan Rotation = TimeSpan.FromHours(24);

    /// <summary>The first one fulfils, unless told.</summary>
    public Task<WebhookChange> Add(WebhookRequest request, Actor actor, CancellationToken cancellation)
    {
        if (WebhookRules.Check(request, options.AllowLoopbackWebhooks) is { } broken)
            return Task.FromResult(new WebhookChange(WebhookOutcome.RuleBroken, Broken: broken));
        return Change(
            async transaction =>
            {
                var existing = await transaction.Query(
                    "SELECT fulfils FROM webhooks WHERE deleted_at IS NULL", row => row.GetBoolean(0), [], cancellation);
                if (existing.Count >= MaxWebhooks)
                    return new WebhookChange(WebhookOutcome.TooMany);
                var now = time.GetUtcNow();
                var (shown, box) = signing.NewSecret();
                var made = await transaction.Query(
                    $"""
                    INSERT INTO webhooks (id, url, description, enabled, fulfils, secret, created_at, created_by, updated_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)
                    RETURNING {Webhook.Columns}
                    """,
                    Webhook.Read,
                    [
                        Guid.CreateVersion7(now), request.Url, request.Description, request.Enabled,
                        request.Fulfils ?? !existing.Contains(true), box, now, actor.Id,
                    ],
                    cancellation);
                await Note(transaction, actor, "created", made[0].Id, null, Noted(WebhookRequest.Of(made[0])), cancellation);
                return new WebhookChange(WebhookOutcome.Done, made[0], shown);
            },
            cancellation);
    }

    public Task<WebhookChange> Edit(WebhookId id, Patch<WebhookRequest> patch, Actor actor, CancellationToken cancellation) => Change(
        async transaction =>
        {
            if (await Find(transaction, id, cancellation) is not { } before)
                return new WebhookChange(WebhookOutcome.NotFound);
            var request = WebhookRequest.Of(before);
            var wanted = patch.ApplyTo(request);
            if (ReferenceEquals(wanted, request))
                return new WebhookChange(WebhookOutcome.Done, before);
            if (WebhookRules.Check(wanted, options.AllowLoopbackWebhooks) is { } broken)
                return new WebhookChange(WebhookOutcome.RuleBroken, Broken: broken);
            var after = await transaction.Query(
                $"""
                UPDATE webhooks
                SET url = $2, description = $3, enabled = $4, fulfils = $5, updated_at = $6,
                    failing_since = CASE WHEN enabled AND url = $2 THEN failing_since END,
                    disabled_at = CASE WHEN $4 THEN NULL ELSE disabled_at END,
                    disabled_reason = CASE WHEN $4 THEN NULL ELSE disabled_reason END
                WHERE id = $1
                RETURNING {Webhook.Columns}
                """,
                Webhook.Read, [id.Value, wanted.Url, wanted.Description, wanted.Enabled, wanted.Fulfils ?? false, time.GetUtcNow()], cancellation);
            await Note(transaction, actor, "changed", id, Noted(request), Noted(WebhookRequest.Of(after[0])), cancellation);
            return new WebhookChange(WebhookOutcome.Done, after[0]);
        },
        cancellation);

    /// <summary>Its secret is gone at once; what waited for it to be told is cancelled afterwards, some at a time.</summary>
    public Task<WebhookChange> Remove(WebhookId id, Actor actor, CancellationToken cancellation) => Change(
        async transaction =>
        {
            if (await Find(transaction, id, cancellation) is not { } before)
                return new WebhookChange(WebhookOutcome.NotFound);
            await transaction.Execute(
                """
                UPDATE webhooks
                SET deleted_at = $2, updated_at = $2, enabled = false, secret = '', previous_secret = NULL, previous_until = NULL
                WHERE id = $1
                """,
                [id.Value, time.GetUtcNow()], cancellation);
            await Note(transaction, actor, "deleted", id, Noted(WebhookRequest.Of(before)), null, cancellation);
            return new WebhookChange(WebhookOutcome.Done);
        },
        cancellation);

    public Task<WebhookChange> Rotate(WebhookId id, Actor actor, CancellationToken cancellation) => Change(
        async transaction =>
        {
            var now = time.GetUtcNow();
            var (shown, box) = signing.NewSecret();
            var rotated = await transaction.Query(
                $"""
                UPDATE webhooks
                SET previous_secret = secret, previous_until = $3, secret = $2, updated_at = $4
                WHERE id = $1 AND deleted_at IS NULL
                RETURNING {Webhook.Columns}
                """,
                Webhook.Read, [id.Value, box, now + Rotation, now], cancellation);
            if (rotated is not [var after])
                return new WebhookChange(WebhookOutcome.NotFound);
            await Note(transaction, actor, "secret_rotated", id, null, null, cancellation);
            return new WebhookChange(WebhookOutcome.Done, after, shown);
        },
        cancellation);

    public Task<List<Webhook>> List(CancellationToken cancellation) =>
        database.Any.Query($"SELECT {Webhook.Columns} FROM webhooks WHERE deleted_at IS NULL ORDER BY id DESC", Webhook.Read, [], cancellation);

    public Task<Webhook?> Find(WebhookId id, CancellationToken cancellation) =>
        database.Any.QueryOne($"SELECT {Webhook.Columns} FROM webhooks WHERE id = $1 AND deleted_at IS NULL", Webhook.Read, [id.Value], cancellation);

    /// <summary>Switches an endpoint off that has asked for it. What waits for it goes on waiting.</summary>
    public Task Disable(WebhookId id, string reason, CancellationToken cancellation) => Disable(id, reason, failingSince: null, cancellation);

    public Task DisableFailing(WebhookId id, CancellationToken cancellation) =>
        Disable(id, $"It failed for {LongestFailing.TotalDays:0} days without a success.", time.GetUtcNow() - LongestFailing, cancellation);

    /// <summary>Since when it has failed, now that it has failed again.</summary>
    public async Task<DateTimeOffset?> Failing(WebhookId id, CancellationToken cancellation)
    {
        await database.Any.Execute("UPDATE webhooks SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL", [id.Value, time.GetUtcNow()], cancellation);
        return await database.Any.QueryOne("SELECT failing_since FROM webhooks WHERE id = $1", row => row.Optional<DateTimeOffset>(0), [id.Value], cancellation);
    }

    public Task<int> Recovered(WebhookId id, CancellationToken cancellation) =>
        database.Any.Execute("UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL", [id.Value], cancellation);

    private async Task Disable(WebhookId id, string reason, DateTimeOffset? failingSince, CancellationToken cancellation)
    {
        var disabled = await catalog.Change(
            async transaction =>
            {
                var changed = await transaction.Execute(
                    """
                    UPDATE webhooks
                    SET enabled = false, disabled_at = $3, disabled_reason = $2, updated_at = $3
                    WHERE id = $1 AND enabled AND ($4::timestamptz IS NULL OR failing_since <= $4)
                    """,
                    [id.Value, reason, time.GetUtcNow(), failingSince], cancellation) == 1;
                if (changed)
                    await Note(transaction, Actor.Laurel, "disabled", id, null, new { reason }, cancellation);
                return changed;
            },
            cancellation);
        if (!disabled)
            return;
        meters.Disabled();
        log.LogError("The webhook {Webhook} was switched off: {Reason} Its deliveries wait until it is switched on again", id, reason);
        bell.Ring();
    }

    /// <summary>An address may have a password in its path or query, and nothing takes one out of the trail: it keeps the host, and by what to know the rest again.</summary>
    private static object Noted(WebhookRequest request) => new
    {
        host = new Uri(request.Url).Authority,
        urlSha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Url))),
        request.Description,
        request.Enabled,
        request.Fulfils,
    };

    private static Task Note(
        NpgsqlTransaction transaction, Actor actor, string what, WebhookId id, object? before, object? after, CancellationToken cancellation) =>
        AuditTrail.Add(transaction, new AuditEntry(actor, $"webhook.{what}", "webhook", id.ToString(), before, after), cancellation);

    private async Task<WebhookChange> Change(Func<NpgsqlTransaction, Task<WebhookChange>> work, CancellationToken cancellation)
    {
        try
        {
            var change = await catalog.Change(work, cancellation);
            bell.Ring();
            return change;
        }
        catch (PostgresException refused) when (refused.ConstraintName == "webhooks_one_fulfils")
        {
            return new WebhookChange(WebhookOutcome.AnotherFulfils);
        }
    }

    private static async Task<Webhook?> Find(NpgsqlTransaction transaction, WebhookId id, CancellationToken cancellation) =>
        (await transaction.Query($"SELECT {Webhook.Columns} FROM webhooks WHERE id = $1 AND deleted_at IS NULL", Webhook.Read, [id.Value], cancellation))
        .FirstOrDefault();
}

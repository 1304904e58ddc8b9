using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Deliveries;

internal static class WebhooksApi
{
    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var webhooks = routes.MapGroup("/v1/webhooks").WithGroupName("events").WithTags("webhooks").Allow(Role.Operator);
        webhooks.MapPost("", Add)
            .WithSummary("Name an endpoint of the game's, which is told what was granted")
            .WithDescription(
                """
                The secret that its messages are signed with (Standard Webhooks) is shown this once. The first webhook fulfils: what it
                answers decides what becomes of a claim. Further ones are told, and have no say, unless that is changed.
                """)
            .Answers(Errors.RuleBroken, EventsErrors.AnotherWebhookFulfils, EventsErrors.TooManyWebhooks);
        webhooks.MapGet("", List).WithSummary("All webhooks, newest first");
        webhooks.MapGet("/{id:guid}", Show).WithSummary("One webhook").Answers(Errors.NotFound);
        webhooks.MapPatch("/{id:guid}", Edit)
            .WithSummary("Change a webhook, or switch it off or on")
            .WithDescription("What waits for it goes on waiting while it is off, and is sent when it is on again.")
            .Answers(Errors.NotFound, Errors.RuleBroken, EventsErrors.AnotherWebhookFulfils);
        webhooks.MapDelete("/{id:guid}", Remove)
            .WithSummary("Delete a webhook")
            .WithDescription("What it should have fulfilled waits for whoever fulfils next: another webhook, or those who pull.")
            .Answers(Errors.NotFound);
        webhooks.MapPost("/{id:guid}/rotate-secret", Rotate)
            .WithSummary("Give a webhook another secret")
            .WithDescription("It is shown this once. For 24 hours messages are signed with the old one too.")
            .Answers(Errors.NotFound);
        webhooks.MapPost("/{id:guid}/test", Test)
            .WithSummary("Send a signed test message now, and tell what the endpoint answers")
            .Answers(Errors.NotFound);
    }

    private static async Task<Results<Created<WebhookSecret>, Problem>> Add(
        Body<WebhookRequest> body, Actor actor, HttpResponse response, WebhookStore webhooks, CancellationToken cancellation)
    {
        var change = await webhooks.Add(body.Value, actor, cancellation);
        if (Refused(change) is { } problem)
            return problem;
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/webhooks/{change.Webhook!.Id}", WithSecret(change));
    }

    private static async Task<Ok<Page<WebhookView>>> List(WebhookStore webhooks, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<WebhookView>([.. (await webhooks.List(cancellation)).Select(WebhookView.Of)], null));

    private static async Task<Results<Ok<WebhookView>, Problem>> Show(Guid id, WebhookStore webhooks, CancellationToken cancellation) =>
        await webhooks.Find(new WebhookId(id), cancellation) is { } found ? TypedResults.Ok(WebhookView.Of(found)) : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<WebhookView>, Problem>> Edit(
        Guid id, Patch<WebhookRequest> patch, Actor actor, WebhookStore webhooks, CancellationToken cancellation)
    {
        if (patch.IsEmpty)
            return Problem.Rules([new FieldError("$", "nothing_to_change", "Give what is to be changed.")]);
        var change = await webhooks.Edit(new WebhookId(id), patch, actor, cancellation);
        return Refused(change) is { } problem ? problem : TypedResults.Ok(WebhookView.Of(change.Webhook!));
    }

    private static async Task<Results<NoContent, Problem>> Remove(Guid id, Actor actor, WebhookStore webhooks, CancellationToken cancellation) =>
        Refused(await webhooks.Remove(new WebhookId(id), actor, cancellation)) is { } problem ? problem : TypedResults.NoContent();

    private static async Task<Results<Ok<WebhookSecret>, Problem>> Rotate(
        Guid id, Actor actor, HttpResponse response, WebhookStore webhooks, CancellationToken cancellation)
    {
        var change = await webhooks.Rotate(new WebhookId(id), actor, cancellation);
        if (Refused(change) is { } problem)
            return problem;
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(WithSecret(change));
    }

    private static async Task<Results<Ok<WebhookTest>, Problem>> Test(Guid id, WebhookStore webhooks, WebhookTester tester, CancellationToken cancellation) =>
        await webhooks.Find(new WebhookId(id), cancellation) is { } webhook
            ? TypedResults.Ok(await tester.Test(webhook, cancellation))
            : new Problem(Errors.NotFound);

    private static Problem? Refused(WebhookChange change) => change.Outcome switch
    {
        WebhookOutcome.NotFound => new Problem(Errors.NotFound),
        WebhookOutcome.RuleBroken => Problem.Rules([change.Broken!]),
        WebhookOutcome.AnotherFulfils => new Problem(EventsErrors.AnotherWebhookFulfils),
        WebhookOutcome.TooMany => new Problem(EventsErrors.TooManyWebhooks),
        WebhookOutcome.Done => null,
    };

    private static WebhookSecret WithSecret(WebhookChange change)
    {
        var webhook = change.Webhook!;
        return new WebhookSecret(webhook.Id, webhook.Url, change.Secret!, webhook.Description, webhook.Enabled, webhook.Fulfils);
    }
}

using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Deliveries;

/// <summary>Deliveries as staff sees them, and what operators do about them.</summary>
internal static class DeliveriesApi
{
    private const int MaxReason = 500;

    public static void MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var deliveries = routes.MapGroup("/v1/deliveries").WithGroupName("events").WithTags("deliveries");
        var reading = deliveries.MapGroup("").Allow(Role.Operator, Role.Auditor);
        reading.MapGet("", List).WithSummary("All deliveries, newest first");
        reading.MapGet("/{id:guid}", Show).WithSummary("One delivery, with its last attempts").Answers(Errors.NotFound);

        var deciding = deliveries.MapGroup("").Allow(Role.Operator);
        deciding.MapPost("/{id:guid}/retry", Retry)
            .WithSummary("Attempt a delivery anew, now and as often as at first, under the same `webhook-id`")
            .Answers(Errors.NotFound, EventsErrors.DeliveryDecided);
        deciding.MapPost("/{id:guid}/complete", Complete)
            .WithSummary("Say that a reward was handed over, in the game's place")
            .WithDescription("Where no webhook is named and nobody pulls, this is how claims are completed.")
            .Answers(Errors.NotFound, Errors.RuleBroken, EventsErrors.OwnClaim, EventsErrors.DeliveryDecided, EventsErrors.DeliveryLeased);
    }

    private static async Task<Ok<Page<DeliveryView>>> List(
        [AsParameters] PageQuery page,
        DeliveryReader deliveries,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those that stand so.")] Choice<DeliveryStatus>? status = null,
        [Description("Only those that this webhook is told, without a say in them.")] Guid? webhookId = null,
        [Description("Only those of this user.")] string? userId = null,
        [Description("Only those of this claim.")] Guid? claimId = null,
        [Description("Only those of this event.")] Guid? eventId = null)
    {
        var filter = new DeliveryFilter(
            status?.Value,
            webhookId is { } webhook ? DeliveryQueue.Telling(new WebhookId(webhook)) : null,
            userId,
            claimId is { } claim ? new ClaimId(claim) : null,
            eventId is { } @event ? new EventId(@event) : null);
        var rows = await deliveries.List(filter, cursors.Read<Guid?>("deliveries", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("deliveries", page, [.. rows.Select(row => DeliveryView.Of(row, withAttempts: false))], row => row.Id.Value));
    }

    private static async Task<Results<Ok<DeliveryView>, Problem>> Show(Guid id, DeliveryDesk desk, CancellationToken cancellation) =>
        await desk.Find(new DeliveryId(id), cancellation) is { } found ? TypedResults.Ok(DeliveryView.Of(found, withAttempts: true)) : new Problem(Errors.NotFound);

    private static async Task<Results<Accepted<DeliveryView>, Problem>> Retry(Guid id, Actor actor, DeliveryDesk desk, CancellationToken cancellation)
    {
        var (outcome, delivery) = await desk.Retry(new DeliveryId(id), actor, cancellation);
        return DeliveryAnswers.Refused(outcome, delivery) is { } problem
            ? problem
            : TypedResults.Accepted($"/v1/deliveries/{id}", DeliveryView.Of(delivery!, withAttempts: true));
    }

    private static async Task<Results<Ok<DeliveryView>, Problem>> Complete(
        Guid id, Body<CompleteRequest> body, Actor actor, DeliveryDesk desk, CancellationToken cancellation)
    {
        if (TextRules.Prose("reason", body.Value.Reason, MaxReason) is { } broken)
            return Problem.Rules([broken]);
        var (outcome, delivery) = await desk.Hear(
            new DeliveryId(id), new GameWord(WordKind.Complete, Lease: null, actor.Id, body.Value.Reason) { Actor = actor }, cancellation);
        return DeliveryAnswers.Refused(outcome, delivery) is { } problem ? problem : TypedResults.Ok(DeliveryView.Of(delivery!, withAttempts: true));
    }
}

internal static class DeliveryAnswers
{
    public static Problem? Refused(WordOutcome outcome, StoredDelivery? delivery) => outcome switch
    {
        WordOutcome.NotFound => new Problem(Errors.NotFound),
        WordOutcome.SignedByOther => new Problem(EventsErrors.InvalidSignature),
        WordOutcome.OwnClaim => new Problem(EventsErrors.OwnClaim),
        WordOutcome.Decided => WithDelivery(EventsErrors.DeliveryDecided, delivery!),
        WordOutcome.LeasedByOther => WithDelivery(EventsErrors.DeliveryLeased, delivery!),
        WordOutcome.InsufficientPoints => new Problem(EventsErrors.InsufficientPoints),
        WordOutcome.Done => null,
    };

    public static DeliveryAnswer Done(StoredDelivery delivery) => new(delivery.Id, delivery.Claim, delivery.Status);

    private static Problem WithDelivery(Error error, StoredDelivery delivery) => new(error)
    {
        Extensions = new Dictionary<string, object?> { ["delivery"] = Done(delivery) },
    };
}

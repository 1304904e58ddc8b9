using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Deliveries;

/// <summary>What game servers do about deliveries: they pull them, and say what became of them; also after a webhook's 202.</summary>
internal static class PullApi
{
    private const int MaxReason = 500;

    public static void MapPull(this IEndpointRouteBuilder routes)
    {
        var game = routes.MapGroup("/v1/deliveries").WithGroupName("events").WithTags("deliveries").AllowScope(Scopes.DeliveriesWrite);
        game.MapGet("/pending", Pending)
            .WithSummary("Take deliveries that wait, to hand them over")
            .WithDescription(
                """
                Each is the caller's for a minute. What is not acknowledged until then is given to whoever asks next, under the same id. While
                a webhook fulfils there is nothing to pull.
                """);
        game.MapPost("/{id:guid}/ack", Ack)
            .WithSummary("Say that a delivery was handed over")
            .WithDescription("After a pull, or after a webhook was answered with 202. Said twice it is answered the same.")
            .Answers(Errors.NotFound, EventsErrors.DeliveryDecided, EventsErrors.DeliveryLeased);
        game.MapPost("/{id:guid}/fail", Fail)
            .WithSummary("Say that a delivery could not be handed over")
            .WithDescription(
                """
                It is tried again later, under the same id. With `permanent` it is not: its claim fails, and its stock and points go back.
                """)
            .Answers(Errors.NotFound, Errors.RuleBroken, EventsErrors.DeliveryDecided, EventsErrors.DeliveryLeased, EventsErrors.InsufficientPoints);
    }

    private static async Task<Ok<PendingDeliveries>> Pending(
        DeliveryStore deliveries, CancellationToken cancellation, [Range(1, PageQuery.MaxLimit), Description("How many at most; 50 unless told.")] int limit = 50) =>
        TypedResults.Ok(new PendingDeliveries([.. (await deliveries.Pull(limit, cancellation)).Select(PendingDelivery.Of)]));

    private static Task<Results<Ok<DeliveryAnswer>, Problem>> Ack(
        Guid id, Body<AckRequest> body, Actor actor, DeliveryDesk desk, CancellationToken cancellation) =>
        Hear(desk, id, new GameWord(WordKind.Ack, body.Value.Lease, actor.Id) { Actor = actor }, cancellation);

    private static async Task<Results<Ok<DeliveryAnswer>, Problem>> Fail(
        Guid id, Body<FailRequest> body, Actor actor, DeliveryDesk desk, CancellationToken cancellation)
    {
        var (lease, reason, permanent) = body.Value;
        if (TextRules.Prose("reason", reason, MaxReason) is { } broken)
            return Problem.Rules([broken]);
        return await Hear(desk, id, new GameWord(permanent ? WordKind.Refuse : WordKind.Fail, lease, actor.Id, reason) { Actor = actor }, cancellation);
    }

    private static async Task<Results<Ok<DeliveryAnswer>, Problem>> Hear(DeliveryDesk desk, Guid id, GameWord word, CancellationToken cancellation)
    {
        var (outcome, delivery) = await desk.Hear(new DeliveryId(id), word, cancellation);
        return DeliveryAnswers.Refused(outcome, delivery) is { } problem ? problem : TypedResults.Ok(DeliveryAnswers.Done(delivery!));
    }
}

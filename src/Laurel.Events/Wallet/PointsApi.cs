using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Wallet;

/// <summary>Points to give to a user, or to take.</summary>
public sealed record PointsRequest(string UserId, long Amount, string? Reason = null);

/// <summary>Why a transfer is undone.</summary>
public sealed record ReversalRequest(string? Reason = null);

/// <summary>The transfer that was made, and what the user has after it.</summary>
public sealed record PointsMoved(TransferId Id, long Balance);

/// <summary>What services do with users' points.</summary>
internal static class PointsApi
{
    private const int MaxReason = 500;

    public static void MapPoints(this IEndpointRouteBuilder routes)
    {
        var points = routes.MapGroup("/v1/points").WithGroupName("events").WithTags("points").AllowScope(Scopes.PointsWrite);
        points.MapPost("/credits", Credit)
            .WithSummary("Give points to a user")
            .Answers(EventsErrors.IdempotencyKeyRequired, EventsErrors.IdempotencyKeyReused, EventsErrors.OwnClaim, EventsErrors.BalanceFull, Errors.RuleBroken);
        points.MapPost("/debits", Debit)
            .WithSummary("Take points from a user")
            .Answers(EventsErrors.IdempotencyKeyRequired, EventsErrors.IdempotencyKeyReused, EventsErrors.OwnClaim, EventsErrors.InsufficientPoints, Errors.RuleBroken);
        points.MapPost("/transfers/{id:guid}/reversal", Reverse)
            .WithSummary("Undo a credit or a debit, once")
            .Answers(
                EventsErrors.IdempotencyKeyRequired, EventsErrors.IdempotencyKeyReused, Errors.NotFound, EventsErrors.NotReversible, EventsErrors.AlreadyReversed,
                EventsErrors.InsufficientPoints, EventsErrors.BalanceFull, Errors.RuleBroken);
    }

    private static Task<Results<CreatedBefore<PointsMoved>, Problem>> Credit(
        Body<PointsRequest> body, IdempotencyKeyHeader key, Actor actor, PointsDesk desk, CancellationToken cancellation) =>
        Move("credit", body.Value, key, actor, (request, order) => desk.Credit(request.UserId, request.Amount, order, cancellation));

    private static Task<Results<CreatedBefore<PointsMoved>, Problem>> Debit(
        Body<PointsRequest> body, IdempotencyKeyHeader key, Actor actor, PointsDesk desk, CancellationToken cancellation) =>
        Move("debit", body.Value, key, actor, (request, order) => desk.Debit(request.UserId, request.Amount, order, cancellation));

    private static async Task<Results<CreatedBefore<PointsMoved>, Problem>> Reverse(
        Guid id, OptionalBody<ReversalRequest> body, IdempotencyKeyHeader key, Actor actor, PointsDesk desk, CancellationToken cancellation)
    {
        var reason = body.Value?.Reason;
        if (key.For($"reversal {id} {reason}") is not { } known)
            return new Problem(EventsErrors.IdempotencyKeyRequired);
        return Check(reason) is { } fault
            ? Problem.Rules([fault])
            : Answer(await desk.Reverse(new TransferId(id), new PointsOrder(actor, reason, known), cancellation));
    }

    private static async Task<Results<CreatedBefore<PointsMoved>, Problem>> Move(
        string what, PointsRequest request, IdempotencyKeyHeader key, Actor actor, Func<PointsRequest, PointsOrder, Task<PointsDecision>> move)
    {
        if (key.For($"{what} {request.Amount} {request.UserId}\n{request.Reason}") is not { } known)
            return new Problem(EventsErrors.IdempotencyKeyRequired);
        List<FieldError?> found =
        [
            ActivityRules.IsUserId(request.UserId) ? null : new FieldError("userId", "invalid_id", "A user's id has 1 to 128 characters, none of them a control character."),
            RewardRules.InRange("amount", request.Amount, 1),
            Check(request.Reason),
        ];
        if (found.OfType<FieldError>().ToList() is { Count: > 0 } faults)
            return Problem.Rules(faults);
        return actor.Kind == ActorKind.Person && actor.Id == request.UserId
            ? new Problem(EventsErrors.OwnClaim)
            : Answer(await move(request, new PointsOrder(actor, request.Reason, known)));
    }

    private static FieldError? Check(string? reason) => reason is null ? null : TextRules.Prose("reason", reason, MaxReason);

    private static Results<CreatedBefore<PointsMoved>, Problem> Answer(PointsDecision decision) => decision.Outcome switch
    {
        PointsOutcome.Done => new CreatedBefore<PointsMoved>(decision.Answer!),
        PointsOutcome.KeyReused => new Problem(EventsErrors.IdempotencyKeyReused),
        PointsOutcome.NotFound => new Problem(Errors.NotFound),
        PointsOutcome.NotReversible => new Problem(EventsErrors.NotReversible),
        PointsOutcome.AlreadyReversed => new Problem(EventsErrors.AlreadyReversed),
        PointsOutcome.InsufficientPoints => new Problem(EventsErrors.InsufficientPoints),
        PointsOutcome.BalanceFull => new Problem(EventsErrors.BalanceFull),
    };
}

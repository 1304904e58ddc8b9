using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Claims;

/// <summary>A reward for a user, of no event, and why.</summary>
public sealed record GrantRequest(string UserId, RewardId RewardId, string Reason);

/// <summary>What operators give by hand.</summary>
internal static class GrantsApi
{
    public static void MapGrants(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/grants", Give)
        .WithGroupName("events").WithTags("claims")
        .Allow(Role.Operator)
        .WithSummary("Grant a reward by hand")
        .WithDescription(
            """
            It becomes a claim without event and offer, and takes of the reward's stock as any other. Of many points, and of what is not
            points, it is `pending` until another operator approves it (`Laurel__Claims__ApproveGrantsAbove`,
            `Laurel__Claims__ApproveOtherGrants`).
            """)
        .Answers(
            EventsErrors.IdempotencyKeyRequired, EventsErrors.IdempotencyKeyReused, Errors.RuleBroken, EventsErrors.OwnClaim, EventsErrors.SoldOut,
            EventsErrors.BalanceFull);

    private static async Task<Results<Created<ClaimView>, CreatedBefore<ClaimView>, Problem>> Give(
        Body<GrantRequest> body, IdempotencyKeyHeader key, Actor actor, Claiming claiming, CancellationToken cancellation)
    {
        var request = body.Value;
        if (key.For($"grant {request.RewardId} {request.UserId}\n{request.Reason}") is not { } known)
            return new Problem(EventsErrors.IdempotencyKeyRequired);
        List<FieldError?> found =
        [
            ActivityRules.IsUserId(request.UserId)
                ? null
                : new FieldError("userId", "invalid_id", "A user's id has 1 to 128 characters, none of them a control character."),
            RulingRules.Reason("reason", request.Reason),
        ];
        if (found.OfType<FieldError>().ToList() is { Count: > 0 } faults)
            return Problem.Rules(faults);
        if (request.UserId == actor.Id)
            return new Problem(EventsErrors.OwnClaim);

        var wish = new ClaimWish(request.UserId, default, null, null, ClaimOrigin.Operator)
        {
            Key = known,
            Grant = new Grant(request.RewardId, actor, request.Reason),
        };
        return await claiming.Claim(wish, cancellation) switch
        {
            { Replayed: { } replayed } => new CreatedBefore<ClaimView>(replayed),
            { Granted: [var claim] } => TypedResults.Created((string?)null, ClaimView.Of(claim, forStaff: true)),
            { Refused: [{ Error: var error }] } when error == Errors.NotFound => Problem.Rules([EventDecisions.UnknownReward("rewardId")]),
            var answer => new Problem(answer.Refused[0].Error),
        };
    }
}

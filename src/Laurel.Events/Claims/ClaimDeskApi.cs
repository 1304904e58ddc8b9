using System.ComponentModel;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Claims;

/// <summary>What an operator may say of an approval.</summary>
public sealed record ApprovalRequest(string? Reason = null);

/// <summary>Why a claim is rejected, and whether the user may claim it again.</summary>
public sealed record RejectionRequest(string Reason, bool AllowRetry = false);

/// <summary>Why a claim is cancelled or revoked.</summary>
public sealed record ReasonRequest(string Reason);

/// <summary>Claims as staff sees them, and what operators decide about them.</summary>
internal static class ClaimDeskApi
{
    public static void MapClaimDesk(this IEndpointRouteBuilder routes)
    {
        var claims = routes.MapGroup("/v1/claims").WithGroupName("events").WithTags("claims");
        var reading = claims.MapGroup("").Allow(Role.Operator, Role.Auditor);
        reading.MapGet("", List)
            .WithSummary("All claims, newest first")
            .WithDescription("With `Accept: text/csv` all that match are sent in one file, without `limit` and `cursor`: those that were made before it was asked for.")
            .Answers(Errors.NotAcceptable);
        reading.MapGet("/{id:guid}", Show).WithSummary("One claim").Answers(Errors.NotFound);

        Deciding("approve", Approve, "Grant a claim that waits for approval", EventsErrors.BalanceFull, EventsErrors.OwnGrant, EventsErrors.CouponsExpired);
        Deciding("reject", Reject, "Refuse a claim that waits for approval");
        Deciding("cancel", Cancel, "Give up a claim that could not be handed over: its stock and points go back", EventsErrors.InsufficientPoints);
        Deciding("revoke", Revoke, "Take back what a user has got: its stock and points go back", EventsErrors.InsufficientPoints);

        void Deciding(string verb, Delegate handler, string summary, params Error[] more) => claims.MapPost($"/{{id:guid}}/{verb}", handler)
            .Allow(Role.Operator)
            .WithSummary(summary)
            .Answers([Errors.NotFound, Errors.RuleBroken, EventsErrors.OwnClaim, EventsErrors.AlreadyDecided, .. more]);
    }

    private static async Task<Results<Ok<Page<ClaimView>>, ClaimsFile, Problem>> List(
        [AsParameters] PageQuery page,
        HttpRequest request,
        ClaimReader claims,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those of this user.")] string? userId = null,
        [Description("Only those of this event.")] Guid? eventId = null,
        [Description("Only those of this offer.")] Guid? offerId = null,
        [Description("Only those of this status.")] Choice<ClaimStatus>? status = null,
        [Description("Only those whose reward has contents of this kind.")] Choice<ContentKind>? rewardType = null,
        [Description("Only those made at this time or later.")] DateTimeOffset? from = null,
        [Description("Only those made before this time.")] DateTimeOffset? to = null)
    {
        var filter = new ClaimFilter
        {
            UserId = userId,
            Event = eventId is { } @event ? new EventId(@event) : null,
            Offer = offerId is { } offer ? new OfferId(offer) : null,
            Status = status?.Value,
            RewardType = rewardType?.Value,
            From = from,
            To = to,
        };
        switch (MediaTypes.Choose(request, "application/json", ClaimsFile.MediaType))
        {
            case null:
                return new Problem(Errors.NotAcceptable);
            case ClaimsFile.MediaType when page.Limit is not null || page.Cursor is not null:
                return new Problem(Errors.BadQuery) { Fields = [new FieldError(page.Limit is null ? "cursor" : "limit", "no_pages", "A file has no pages.")] };
            case ClaimsFile.MediaType:
                return await ClaimsFile.Begin(claims, filter, cancellation);
        }

        var rows = await claims.List(filter, cursors.Read<Guid?>("claims", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("claims", page, [.. rows.Select(claim => ClaimView.Of(claim, forStaff: true))], claim => claim.Id.Value));
    }

    private static async Task<Results<Ok<ClaimView>, Problem>> Show(Guid id, ClaimReader claims, CancellationToken cancellation) =>
        await claims.Find(new ClaimId(id), cancellation) is { } found ? TypedResults.Ok(ClaimView.Of(found, forStaff: true)) : new Problem(Errors.NotFound);

    private static Task<Results<Ok<ClaimView>, Problem>> Approve(
        Guid id, OptionalBody<ApprovalRequest> body, Actor actor, ClaimDesk desk, CancellationToken cancellation) =>
        Decide(desk, new Ruling(new ClaimId(id), RulingKind.Approve, actor, body.Value?.Reason), cancellation);

    private static Task<Results<Ok<ClaimView>, Problem>> Reject(
        Guid id, Body<RejectionRequest> body, Actor actor, ClaimDesk desk, CancellationToken cancellation) =>
        Decide(desk, new Ruling(new ClaimId(id), RulingKind.Reject, actor, body.Value.Reason, body.Value.AllowRetry), cancellation);

    private static Task<Results<Ok<ClaimView>, Problem>> Cancel(
        Guid id, Body<ReasonRequest> body, Actor actor, ClaimDesk desk, CancellationToken cancellation) =>
        Decide(desk, new Ruling(new ClaimId(id), RulingKind.Cancel, actor, body.Value.Reason), cancellation);

    private static Task<Results<Ok<ClaimView>, Problem>> Revoke(
        Guid id, Body<ReasonRequest> body, Actor actor, ClaimDesk desk, CancellationToken cancellation) =>
        Decide(desk, new Ruling(new ClaimId(id), RulingKind.Revoke, actor, body.Value.Reason), cancellation);

    private static async Task<Results<Ok<ClaimView>, Problem>> Decide(ClaimDesk desk, Ruling ruling, CancellationToken cancellation)
    {
        if (RulingRules.Check(ruling.Kind, ruling.Reason, "reason") is { } fault)
            return Problem.Rules([fault]);
        var (outcome, claim) = await desk.Decide(ruling, cancellation);
        return outcome switch
        {
            RulingOutcome.Done => TypedResults.Ok(ClaimView.Of(claim!, forStaff: true)),
            RulingOutcome.AlreadyDecided => new Problem(EventsErrors.AlreadyDecided)
            {
                Extensions = new Dictionary<string, object?> { ["claim"] = ClaimView.Of(claim!, forStaff: true) },
            },
            _ => new Problem(RulingRules.ErrorOf(outcome)),
        };
    }
}

using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Claims;

/// <summary>What to claim: one offer, or all that can be claimed; in one window, or the one that is open or was the last.</summary>
public sealed record ClaimRequest(OfferId? OfferId = null, DateOnly? Window = null);

/// <summary>An offer that was not granted, and why.</summary>
public sealed record RefusedOffer(OfferId OfferId, string Code);

/// <summary>What was granted; and of all that was asked for at once, what was not.</summary>
public sealed record ClaimsAnswer(IReadOnlyList<ClaimView> Claims, IReadOnlyList<RefusedOffer>? Refused)
{
    internal static ClaimsAnswer Of(ClaimAnswer answer) => new(
        [.. answer.Granted.Select(claim => ClaimView.Of(claim, forStaff: false))],
        answer.Refused.Count == 0 ? null : [.. answer.Refused.Select(refused => new RefusedOffer(refused.Offer!.Value, refused.Error.Code))]);
}

internal static class ClaimsApi
{
    /// <summary>Of several refusals, which one is told first.</summary>
    private static readonly Error[] Precedence =
    [
        Errors.NotFound, EventsErrors.IdempotencyKeyReused, EventsErrors.EventNotRunning, EventsErrors.AlreadyClaimed, EventsErrors.ApprovalPending,
        EventsErrors.ClaimRejected, EventsErrors.SoldOut, EventsErrors.OfferClosed, EventsErrors.ConditionNotMet,
    ];

    public static void MapClaims(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/events/{id:guid}/claims", Claim)
            .WithGroupName("events").WithTags("claiming")
            .AllowSignedIn()
            .WithSummary("Claim what I have earned: one offer, or all of an event")
            .WithDescription(
                """
                Each offer is granted once in each window of its event, however often it is asked for. With an `Idempotency-Key`, a request
                that was granted is answered the same when it is sent again.
                """)
            .Answers(
                Errors.NotFound, EventsErrors.EventNotRunning, EventsErrors.AlreadyClaimed, EventsErrors.ApprovalPending, EventsErrors.ClaimRejected,
                EventsErrors.SoldOut, EventsErrors.OfferClosed, EventsErrors.ConditionNotMet, EventsErrors.IdempotencyKeyReused, EventsErrors.BalanceFull);

        var mine = routes.MapGroup("/v1/me/claims").WithGroupName("events").WithTags("claiming").AllowSignedIn();
        mine.MapGet("", Mine).WithSummary("My claims, newest first");
        mine.MapGet("/{id:guid}", One).WithSummary("One of my claims").Answers(Errors.NotFound);
    }

    /// <summary>The one that is told first.</summary>
    internal static ClaimRefusal? First(IReadOnlyList<ClaimRefusal> refused) => refused.MinBy(one => Array.IndexOf(Precedence, one.Error));

    private static async Task<Results<Created<ClaimsAnswer>, CreatedBefore<ClaimsAnswer>, Problem>> Claim(
        Guid id, OptionalBody<ClaimRequest> body, IdempotencyKeyHeader key, Caller caller, Claiming claiming, CancellationToken cancellation)
    {
        var request = body.Value ?? new ClaimRequest();
        var wish = new ClaimWish(caller.Subject, new EventId(id), request.OfferId, request.Window, ClaimOrigin.User)
        {
            Key = key.For($"claim {id} {request.OfferId} {request.Window:yyyy-MM-dd}"),
        };
        var answer = await claiming.Claim(wish, cancellation);
        if (answer.Replayed is { } replayed)
            return new CreatedBefore<ClaimsAnswer>(replayed);
        return answer.Granted.Count > 0 ? TypedResults.Created((string?)null, ClaimsAnswer.Of(answer)) : Refused(answer);
    }

    private static async Task<Ok<Page<ClaimView>>> Mine(
        [AsParameters] PageQuery page,
        Caller caller,
        ClaimReader claims,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those of this status.")] Choice<ClaimStatus>? status = null,
        [Description("Only those of this event.")] Guid? eventId = null)
    {
        var filter = new ClaimFilter { UserId = caller.Subject, Status = status?.Value, Event = eventId is { } id ? new EventId(id) : null };
        var rows = await claims.List(filter, cursors.Read<Guid?>("me/claims", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("me/claims", page, [.. rows.Select(claim => ClaimView.Of(claim, forStaff: false))], claim => claim.Id.Value));
    }

    private static async Task<Results<Ok<ClaimView>, Problem>> One(Guid id, Caller caller, ClaimReader claims, CancellationToken cancellation) =>
        await claims.Find(new ClaimId(id), cancellation) is { } found && found.Key.UserId == caller.Subject
            ? TypedResults.Ok(ClaimView.Of(found, forStaff: false))
            : new Problem(Errors.NotFound);

    private static Problem Refused(ClaimAnswer answer)
    {
        if (First(answer.Refused) is not { } first)
            return new Problem(EventsErrors.OfferClosed);

        var extensions = new Dictionary<string, object?>();
        if (first.Existing is { } existing)
            extensions.Add("claim", ClaimView.Of(existing, forStaff: false));
        if (first.Missing is { } missing)
            extensions.Add("missing", missing);
        if (answer.Refused.Count > 1)
            extensions.Add("refused", ClaimsAnswer.Of(answer).Refused);
        return new Problem(first.Error) { Extensions = extensions };
    }
}

using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Claims;

/// <summary>Attempts to claim that were refused: those of one user, on one day, for one reason.</summary>
/// <param name="Id">The row.</param>
/// <param name="UserId">Who tried.</param>
/// <param name="EventId">The event.</param>
/// <param name="OfferId">The offer; absent where all of the event were refused at once.</param>
/// <param name="Code">The code of the error.</param>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Count">How many.</param>
/// <param name="FirstAt">When the first was.</param>
/// <param name="LastAt">When the last was.</param>
public sealed record RefusedClaimView(
    Guid Id, string UserId, EventId EventId, OfferId? OfferId, string Code, DateOnly Day, long Count, DateTimeOffset FirstAt, DateTimeOffset LastAt);

internal static class RefusedClaimsApi
{
    public static void MapRefusedClaims(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/claims/attempts", List)
        .WithGroupName("events").WithTags("claims")
        .Allow(Role.Operator, Role.Auditor)
        .WithSummary("Attempts to claim that were refused, newest first")
        .WithDescription(
            """
            Counted by user, offer, reason and day; written some seconds after they were made, and kept for 30 days. The last seconds before a
            process dies may be missing, and so may a part of very many.
            """);

    private static async Task<Ok<Page<RefusedClaimView>>> List(
        [AsParameters] PageQuery page,
        RefusedClaimStore refused,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those of this user.")] string? userId = null,
        [Description("Only those of this event.")] Guid? eventId = null,
        [Description("Only those of this offer.")] Guid? offerId = null,
        [Description("Only those that were refused with this code.")] string? code = null,
        [Description("Only those of which the last was at this time or later.")] DateTimeOffset? from = null,
        [Description("Only those of which the first was before this time.")] DateTimeOffset? to = null)
    {
        var filter = new RefusedFilter(
            userId, eventId is { } @event ? new EventId(@event) : null, offerId is { } offer ? new OfferId(offer) : null, code, from, to);
        var rows = await refused.List(filter, cursors.Read<Guid?>("claims/attempts", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("claims/attempts", page, rows, row => row.Id));
    }
}

using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Catalog;

/// <summary>The offers of an event. They are part of it: each change is a version of the event, and its ETag is the event's.</summary>
internal static class OffersApi
{
    public static void MapOffers(this IEndpointRouteBuilder routes)
    {
        var offers = routes.MapGroup("/v1/events/{id:guid}/offers").WithGroupName("events").WithTags("events").Allow(Role.Operator).AddEndpointFilter(EventAnswers.TellUnreadable);

        offers.MapPost("", Add)
            .WithSummary("Add an offer to an event")
            .WithDescription("The ETag is that of the event.")
            .Answers(Errors.RuleBroken, EventsErrors.RewardAlreadyOffered, EventsErrors.BeyondHorizon, EventsErrors.EventUnreadable);
        offers.MapPatch("/{offerId:guid}", Change)
            .WithSummary("Change or close an offer")
            .WithDescription("A merge patch. The ETag is that of the event; an active event that somebody else changed last takes `If-Match`.")
            .Answers(Errors.RuleBroken, Errors.IfMatchRequired, EventsErrors.RewardAlreadyOffered, EventsErrors.BeyondHorizon, EventsErrors.EventUnreadable);
        offers.MapDelete("/{offerId:guid}", Remove)
            .WithSummary("Take an offer off an event")
            .WithDescription("The ETag is that of the event; an active event that somebody else changed last takes `If-Match`.")
            .Answers(Errors.RuleBroken, Errors.IfMatchRequired, EventsErrors.OfferHasClaims, EventsErrors.BeyondHorizon, EventsErrors.EventUnreadable);
    }

    private static async Task<Results<Created<Offer>, Problem>> Add(
        Guid id, Body<OfferRequest> body, IfMatch seen, Actor actor, HttpResponse response, EventStore events, TimeProvider time, CancellationToken cancellation)
    {
        // One more offer overwrites nobody's.
        var offer = new OfferId(Guid.CreateVersion7(time.GetUtcNow()));
        var decision = await events.AddOffer(new EventId(id), offer, body.Value, new Editor(actor, seen, Overwrites: false), cancellation);
        return EventAnswers.Refused(decision) is { } problem
            ? problem
            : TypedResults.Created($"/v1/events/{id}", Shown(decision, offer, response));
    }

    private static async Task<Results<Ok<Offer>, Problem>> Change(
        Guid id, Guid offerId, Patch<OfferRequest> patch, IfMatch seen, Actor actor, HttpResponse response, EventStore events, CancellationToken cancellation)
    {
        if (patch.IsEmpty)
            return EventAnswers.NothingToChange();

        var offer = new OfferId(offerId);
        var decision = await events.ChangeOffer(new EventId(id), offer, patch, new Editor(actor, seen, Overwrites: true), cancellation);
        return EventAnswers.Refused(decision) is { } problem ? problem : TypedResults.Ok(Shown(decision, offer, response));
    }

    private static async Task<Results<NoContent, Problem>> Remove(
        Guid id, Guid offerId, IfMatch seen, Actor actor, HttpResponse response, EventStore events, CancellationToken cancellation)
    {
        var decision = await events.RemoveOffer(new EventId(id), new OfferId(offerId), new Editor(actor, seen, Overwrites: true), cancellation);
        if (EventAnswers.Refused(decision) is { } problem)
            return problem;

        IfMatch.Tell(response, decision.Event!.Version);
        return TypedResults.NoContent();
    }

    private static Offer Shown(EventDecision decision, OfferId offer, HttpResponse response)
    {
        IfMatch.Tell(response, decision.Event!.Version);
        return decision.Event.Offers.First(known => known.Id == offer);
    }
}

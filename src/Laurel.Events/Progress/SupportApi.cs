using System.ComponentModel;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Progress;

/// <summary>What staff look at to answer a player's question.</summary>
internal static class SupportApi
{
    public static void MapSupport(this IEndpointRouteBuilder routes)
    {
        var support = routes.MapGroup("/v1").WithGroupName("events").WithTags("support").Allow(Role.Operator, Role.Auditor);

        support.MapGet("/events/{id:guid}/progress", Participants)
            .WithSummary("Users' progress in an event, by user and window")
            .WithDescription(
                """
                A page is looked for during a second at most. Where few users match among millions it comes with few items, or none: go on
                as long as there is a `nextCursor`. While the event is being counted anew, users are found by what they had reached before.
                """)
            .Answers(EventsErrors.EventUnreadable)
            .AddEndpointFilter(EventAnswers.TellUnreadable);
        support.MapGet("/users/{id}/progress/{eventId:guid}/explain", Explain)
            .WithSummary("Why a user is where they are: each activity, and what it counted for")
            .WithDescription(
                """
                The user's stored activities of one window of the event, and those of a day before and after it, newest first: counted or
                not, by which leaf, and why not. What they come to is compared with the stored progress.
                """);
    }

    private static async Task<Results<Ok<Page<UserProgress>>, Problem>> Participants(
        Guid id,
        [AsParameters] PageQuery page,
        EventStore events,
        EventCatalog catalog,
        Participants participants,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those who have met the condition, or only those who have not.")] bool? completed = null,
        [Description("The offer whose condition `completed` is about, in place of the event's. Alone: those who have met it.")] Guid? offerId = null,
        [Description("Only this window: the local date on which it begins, such as 2026-11-20; of an event that does not repeat, 2000-01-01.")] string? window = null)
    {
        var key = WindowKey.Read(window);
        var list = $"events/{id}/progress";
        var after = cursors.Read<ParticipantKey?>(list, page) ?? ParticipantKey.BeforeAll;
        var @event = new EventId(id);
        if (!catalog.Current.Events.TryGetValue(@event, out var on))
        {
            // A draft, or an event so new that this process has not heard of it yet.
            if (await events.Find(@event, cancellation) is null)
                return new Problem(Errors.NotFound);
            on = (await catalog.Load(cancellation)).Events.GetValueOrDefault(@event);
        }

        var offer = on?.Offers.FirstOrDefault(offer => offer.Id.Value == offerId);
        if (offerId is not null && offer is null)
            return new Problem(Errors.NotFound);

        var filter = new ParticipantFilter(@event, offer?.Ordinal ?? 0, completed ?? (offer is null ? null : true), key);
        var (users, next) = await participants.List(filter, after, page.Size, cancellation);
        return TypedResults.Ok(cursors.PageUpTo(list, users, next));
    }

    private static async Task<Results<Ok<ProgressExplanation>, Problem>> Explain(
        [Description("As it is reported with activities: Laurel's own account id, or the game's.")] string id,
        Guid eventId,
        [AsParameters] PageQuery page,
        HttpContext http,
        Explaining explaining,
        EventCatalog catalog,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("The local date on which the window begins, such as 2026-11-20; else the one that is open, or the last one.")] string? window = null)
    {
        var userId = UserInPath.Of(http, id);
        var key = WindowKey.Read(window);
        var list = $"users/{userId}/progress/{eventId}/{window}";
        var before = cursors.Read<ActivityPlace?>(list, page);
        if (!ActivityRules.IsUserId(userId))
            return new Problem(Errors.NotFound);
        if (!catalog.Current.Events.ContainsKey(new EventId(eventId)))
            await catalog.Load(cancellation);

        if (await explaining.Explain(new ExplanationWish(userId, new EventId(eventId), key, before, page.Size), cancellation) is not { } found)
            return new Problem(Errors.NotFound);

        var offers = found.Event.Offers.ToDictionary(offer => offer.Ordinal, offer => offer.Id);
        var items = cursors.PageUpTo(list, found.Page, found.Next);
        return TypedResults.Ok(new ProgressExplanation(
            userId,
            found.Event.Id,
            NamedWindow.Of(found.Window),
            found.Verdict.Met,
            found.Verdict.Leaves,
            [.. found.Verdict.Offers.Select(offer => new OfferStanding(offers[offer.Ordinal], offer.Met, offer.Leaves))],
            found.Stored,
            items.Items,
            items.NextCursor));
    }
}

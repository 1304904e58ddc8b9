using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Catalog;

internal static class EventsApi
{
    public static void MapEventCatalog(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/v1/events").WithGroupName("events").WithTags("events").AddEndpointFilter(EventAnswers.TellUnreadable);
        var open = events.MapGroup("").AllowSignedIn();
        var reading = events.MapGroup("").Allow(Role.Operator, Role.Auditor);
        var writing = events.MapGroup("").Allow(Role.Operator);

        writing.MapPost("", Create).WithSummary("Make an event: a draft").Answers(Errors.RuleBroken, EventsErrors.RewardAlreadyOffered);
        open.MapGet("", List)
            .WithSummary("Events, newest first")
            .WithDescription("Players see those that are active; staff see all.");
        open.MapGet("/{id:guid}", Show)
            .WithSummary("One event")
            .WithDescription("Players see those that are active; staff see all, with who changed it last.")
            .Answers(EventsErrors.EventUnreadable);
        reading.MapGet("/{id:guid}/versions", Versions).WithSummary("Every state that an event has had, newest first");
        writing.MapPatch("/{id:guid}", Edit)
            .WithSummary("Change an event")
            .WithDescription(
                """
                A merge patch: what is left away stays, null takes an optional field back, a condition is replaced whole. Progress stays when
                goals change; when something else is measured it is counted anew from what users did. An active event that somebody else
                changed last takes `If-Match`.
                """)
            .Answers(Errors.RuleBroken, Errors.IfMatchRequired, EventsErrors.CalendarFrozen, EventsErrors.BeyondHorizon, EventsErrors.EventUnreadable);
        writing.MapPatch("/{id:guid}/status", Switch)
            .WithSummary("Activate an event, or switch it off")
            .WithDescription("What users did since its start counts, also when it is activated late or again.")
            .Answers(Errors.RuleBroken, EventsErrors.StillADraft, EventsErrors.BeyondHorizon, EventsErrors.EventUnreadable);
        writing.MapDelete("/{id:guid}", Delete).WithSummary("Delete a draft").Answers(EventsErrors.NotADraft, EventsErrors.EventUnreadable);
    }

    private static async Task<Results<Created<EventView>, Problem>> Create(
        Body<NewEventRequest> body, Caller caller, Actor actor, HttpResponse response, EventStore events, TimeProvider time, CancellationToken cancellation)
    {
        var decision = await events.Create(body.Value, actor, cancellation);
        return EventAnswers.Refused(decision) is { } problem
            ? problem
            : TypedResults.Created($"/v1/events/{decision.Event!.Id}", EventAnswers.Shown(decision.Event, caller, response, time));
    }

    private static async Task<Ok<Page<EventView>>> List(
        [AsParameters] PageQuery page,
        Caller caller,
        EventStore events,
        Cursors cursors,
        TimeProvider time,
        CancellationToken cancellation,
        [Description("Only those of this status. To players, others than active ones are not there.")] Choice<EventStatus>? status = null,
        [Description("Where the clock stands: before the period, in it (whatever repeats there), after it while rewards of the last window can be claimed, past that.")]
        Choice<Phase>? phase = null,
        [Description("A part of the title or the description.")] string? q = null,
        [Description("Only those that end after this.")] DateTimeOffset? from = null,
        [Description("Only those that start before this.")] DateTimeOffset? to = null)
    {
        var forStaff = EventAnswers.IsStaff(caller);
        if (!forStaff && status is { Value: not EventStatus.Active })
            return TypedResults.Ok(new Page<EventView>([], null));

        var filter = new EventFilter(forStaff ? status?.Value : EventStatus.Active, phase?.Value, q, from, to);
        var rows = await events.List(filter, cursors.Read<Guid?>("events", page), page.Size + 1, cancellation);
        var (items, next) = cursors.Page("events", page, rows, row => row.Id.Value);
        var now = time.GetUtcNow();
        return TypedResults.Ok(new Page<EventView>(
            [.. items.Select(row => row.Event).OfType<Event>().Select(found => EventView.Of(found, now, forStaff))], next));
    }

    private static async Task<Results<Ok<EventView>, Problem>> Show(
        Guid id, Caller caller, HttpResponse response, EventStore events, TimeProvider time, CancellationToken cancellation) =>
        await events.Find(new EventId(id), cancellation) is { } found && (found.Status == EventStatus.Active || EventAnswers.IsStaff(caller))
            ? TypedResults.Ok(EventAnswers.Shown(found, caller, response, time))
            : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<Page<EventVersion>>, Problem>> Versions(
        Guid id, [AsParameters] PageQuery page, EventStore events, Cursors cursors, CancellationToken cancellation)
    {
        var list = $"events/{id}/versions";
        var rows = await events.Versions(new EventId(id), cursors.Read<int?>(list, page), page.Size + 1, cancellation);
        // Every event has its first version, and no list goes beyond it.
        return rows.Count > 0 ? TypedResults.Ok(cursors.Page(list, page, rows, version => version.Version)) : new Problem(Errors.NotFound);
    }

    private static async Task<Results<Ok<EventView>, Problem>> Edit(
        Guid id, Patch<EventRequest> patch, IfMatch seen, Caller caller, Actor actor, HttpResponse response, EventStore events, TimeProvider time, CancellationToken cancellation)
    {
        if (patch.IsEmpty)
            return EventAnswers.NothingToChange();

        var decision = await events.Edit(new EventId(id), patch, new Editor(actor, seen, Overwrites: true), cancellation);
        return Answer(decision, caller, response, time);
    }

    /// <summary>To switch an event off must be possible at once, whoever changed it last: it overwrites nothing.</summary>
    private static async Task<Results<Ok<EventView>, Problem>> Switch(
        Guid id, Body<StatusRequest> body, IfMatch seen, Caller caller, Actor actor, HttpResponse response, EventStore events, TimeProvider time, CancellationToken cancellation)
    {
        var decision = await events.Switch(new EventId(id), body.Value.Status, new Editor(actor, seen, Overwrites: false), cancellation);
        return Answer(decision, caller, response, time);
    }

    private static async Task<Results<NoContent, Problem>> Delete(Guid id, IfMatch seen, Actor actor, EventStore events, CancellationToken cancellation) =>
        EventAnswers.Refused(await events.Delete(new EventId(id), seen, actor, cancellation)) is { } problem ? problem : TypedResults.NoContent();

    private static Results<Ok<EventView>, Problem> Answer(EventDecision decision, Caller caller, HttpResponse response, TimeProvider time) =>
        EventAnswers.Refused(decision) is { } problem ? problem : TypedResults.Ok(EventAnswers.Shown(decision.Event!, caller, response, time));
}

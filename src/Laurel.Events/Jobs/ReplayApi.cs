using System.ComponentModel;
using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Jobs;

internal static class ReplayApi
{
    public static void MapReplay(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/events/{id:guid}/replay").WithGroupName("events").WithTags("events").Allow(Role.Operator)
            .AddEndpointFilter(EventAnswers.TellUnreadable)
            .MapPost("", Run)
            .WithSummary("Count all progress in an event anew, or see who would gain and who would lose")
            .WithDescription(
                """
                From the activities that are stored, in the background; players see what is right all the while. With `preview` no progress
                changes, and the job's `result` tells what would; a body is then a merge patch as for changing the event, and the preview is
                that of the event after that change. Nothing of the patch is stored.
                """)
            .Answers(
                Errors.RuleBroken, EventsErrors.StillADraft, EventsErrors.EventNotRunning, EventsErrors.CalendarFrozen, EventsErrors.BeyondHorizon,
                EventsErrors.EventUnreadable);

    private static async Task<Results<Accepted<JobView>, Problem>> Run(
        Guid id,
        OptionalPatch<EventRequest> patch,
        IfMatch seen,
        Actor actor,
        EventsDatabase database,
        EventStore events,
        EventCatalog catalog,
        JobStore jobs,
        JobReader jobReader,
        TimeProvider time,
        CancellationToken cancellation,
        [Description("Whether to look only.")] bool preview = false)
    {
        var @event = new EventId(id);
        if (!preview && patch.Value is not null)
            return Problem.Rules([new FieldError("$", "preview_only", "Only a preview takes a change along; make it with PATCH, and it is counted anew where that is needed.")]);
        if (patch.Value is { IsEmpty: true })
            return EventAnswers.NothingToChange();

        if (!preview)
        {
            var replayed = await events.Replay(@event, new Editor(actor, seen, Overwrites: false), cancellation);
            return EventAnswers.Refused(replayed) ?? Accepted(await jobReader.FindCatchUp(@event, replayed.Event!.Epoch, cancellation));
        }

        if (await events.Find(@event, cancellation) is not { } stored)
            return new Problem(Errors.NotFound);
        if (!seen.Permits(stored.Version))
            return new Problem(Errors.VersionMismatch);
        var now = time.GetUtcNow();
        var decision = EventDecisions.Preview(stored, patch.Value, now);
        if (EventAnswers.Refused(decision) is { } problem)
            return problem;

        if (!Reach.Covers((await catalog.Load(cancellation)).Log, decision.Event!, now))
            return new Problem(EventsErrors.BeyondHorizon);

        var plan = new PreviewPlan(stored.Version, decision.Event!.Request);
        var job = await database.Any.InTransaction(
            async transaction =>
            {
                var made = await jobs.Enqueue(transaction, JobKind.Preview, @event, stored.Epoch, plan, actor.Id, cancellation);
                await AuditTrail.Add(transaction, JobAudit.Started(actor, "event.previewed", @event, made), cancellation);
                return made;
            },
            cancellation);
        return Accepted(await jobReader.Find(job, cancellation));
    }

    private static Results<Accepted<JobView>, Problem> Accepted(JobView? job) => TypedResults.Accepted($"/v1/jobs/{job!.Id}", job);
}

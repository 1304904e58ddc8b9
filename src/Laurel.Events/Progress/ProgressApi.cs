using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Progress;

internal static class ProgressApi
{
    public static void MapProgress(this IEndpointRouteBuilder routes)
    {
        var mine = routes.MapGroup("/v1/me/progress").WithGroupName("events").WithTags("playing").AllowSignedIn();

        mine.MapGet("", Mine)
            .WithSummary("My progress in the events that run, newest first")
            .WithDescription("Also in those that have ended and can still be claimed. Of an event that repeats, the window that is open.");
        mine.MapGet("/{eventId:guid}", One)
            .WithSummary("My progress in one event")
            .Answers(Errors.NotFound, EventsErrors.EventNotRunning);
    }

    private static async Task<Ok<Page<ProgressView>>> Mine(
        [AsParameters] PageQuery page, Caller caller, ProgressReader reader, Cursors cursors, TimeProvider time, CancellationToken cancellation)
    {
        var reached = await reader.Of(
            new ProgressWish(caller.Subject, Before: cursors.Read<Guid?>("progress", page), Limit: page.Size + 1), cancellation);
        var now = time.GetUtcNow();
        return TypedResults.Ok(cursors.Page(
            "progress", page, [.. reached.Events.Select(one => reached.Show(one, caller.Subject, now))], view => view.EventId.Value));
    }

    private static async Task<Results<Ok<ProgressView>, Problem>> One(
        Guid eventId,
        Caller caller,
        ProgressReader reader,
        TimeProvider time,
        CancellationToken cancellation,
        [Description("The local date on which the window begins, such as 2026-11-20; else the one that is open, or the last one.")] string? window = null)
    {
        var key = WindowKey.Read(window);
        var id = new EventId(eventId);
        var reached = await reader.Of(new ProgressWish(caller.Subject, id, key), cancellation);
        if (reached.Events is [var one])
            return TypedResults.Ok(reached.Show(one, caller.Subject, time.GetUtcNow()));
        return reached.Snapshot.Events.GetValueOrDefault(id) is { } known && !ShownEvents.IsShown(known, time.GetUtcNow())
            ? new Problem(EventsErrors.EventNotRunning)
            : new Problem(Errors.NotFound);
    }
}

using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Jobs;

/// <summary>Work in the background.</summary>
/// <param name="Id">The job.</param>
/// <param name="Kind">What is done: `catch_up` counts all progress of an event anew, `rejudge` judges it by new goals, `backtest` tries it on the past, `preview` tells what counting anew would change, `void` takes activities back, `erasure` takes away what tells of a user.</param>
/// <param name="Status">How far it is.</param>
/// <param name="EventId">The event that it is about, if it is about one.</param>
/// <param name="Epoch">The event's, when the job was asked for.</param>
/// <param name="Done">How much is done: users, or rows of progress.</param>
/// <param name="ToGo">How much is left; absent as long as that is not known.</param>
/// <param name="Attempts">How often what comes next has failed.</param>
/// <param name="Reason">Why it failed, failed last, or ended without being done.</param>
/// <param name="Result">What it came to.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="StartedAt">When somebody began to work on it.</param>
/// <param name="FinishedAt">When it ended.</param>
public sealed record JobView(
    JobId Id,
    string Kind,
    JobStatus Status,
    EventId? EventId,
    int? Epoch,
    long Done,
    long? ToGo,
    int Attempts,
    string? Reason,
    FreeForm? Result,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt);

/// <summary>What a user gained and lost in one window of an event.</summary>
public sealed record JobChange(
    string UserId, EventId EventId, DateOnly Window, IReadOnlyList<OfferId> GainedOffers, IReadOnlyList<OfferId> LostOffers, bool GainedCondition, bool LostCondition);

internal static class JobsApi
{
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithGroupName("events").WithTags("jobs");
        var reading = jobs.MapGroup("").Allow(Role.Operator, Role.Auditor);

        reading.MapGet("", List).WithSummary("Work in the background, newest first");
        reading.MapGet("/{id:guid}", Show).WithSummary("One job: how far it is, and what it came to").Answers(Errors.NotFound);
        reading.MapGet("/{id:guid}/changes", Changes)
            .WithSummary("Who gained and who lost what by a job, by user")
            .Answers(Errors.NotFound);
        jobs.MapPost("/{id:guid}/retry", Retry)
            .Allow(Role.Operator)
            .WithSummary("Have a failed job tried again, from where it stands")
            .Answers(Errors.NotFound, EventsErrors.JobNotFailed);
    }

    private static async Task<Ok<Page<JobView>>> List(
        [AsParameters] PageQuery page,
        JobReader jobs,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those about this event.")] Guid? eventId = null,
        [Description("Only those of this status.")] Choice<JobStatus>? status = null)
    {
        var rows = await jobs.List(
            eventId is { } id ? new EventId(id) : null, status?.Value, cursors.Read<Guid?>("jobs", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("jobs", page, rows, job => job.Id.Value));
    }

    private static async Task<Results<Ok<JobView>, Problem>> Show(Guid id, JobReader jobs, CancellationToken cancellation) =>
        await jobs.Find(new JobId(id), cancellation) is { } found ? TypedResults.Ok(found) : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<Page<JobChange>>, Problem>> Changes(
        Guid id, [AsParameters] PageQuery page, JobReader jobs, JobResults results, Cursors cursors, CancellationToken cancellation)
    {
        var job = new JobId(id);
        if (await jobs.Find(job, cancellation) is null)
            return new Problem(Errors.NotFound);

        var list = $"jobs/{id}/changes";
        var rows = await jobs.Changes(job, cursors.Read<ChangeKey>(list, page) ?? ChangeKey.First, page.Size + 1, cancellation);
        var (items, next) = cursors.Page(list, page, rows, row => new ChangeKey(row.Key.UserId, row.Key.EventId.Value, row.Key.Window));
        return TypedResults.Ok(new Page<JobChange>([.. items.Select(row => Shown(row, results))], next));
    }

    private static async Task<Results<Accepted<JobView>, Problem>> Retry(Guid id, Actor actor, JobReader jobs, JobStore store, CancellationToken cancellation)
    {
        var job = new JobId(id);
        var retried = await store.Retry(job, actor, cancellation);
        if (await jobs.Find(job, cancellation) is not { } found)
            return new Problem(Errors.NotFound);
        return retried ? TypedResults.Accepted($"/v1/jobs/{id}", found) : new Problem(EventsErrors.JobNotFailed);
    }

    private static JobChange Shown(Change row, JobResults results)
    {
        var gained = results.Shown(row.Key.UserId, row.Key.EventId, row.Key.Window, row.Gained);
        var lost = results.Shown(row.Key.UserId, row.Key.EventId, row.Key.Window, row.Lost);
        return new JobChange(row.Key.UserId, row.Key.EventId, row.Key.Window, gained.Offers, lost.Offers, gained.Condition, lost.Condition);
    }
}

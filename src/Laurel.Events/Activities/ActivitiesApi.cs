using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Registry;
using Laurel.Rules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Activities;

/// <summary>One fact about a user, as a game server reports it.</summary>
public sealed record ActivityReport(
    string UserId, string Type, string? Id = null, DateTimeOffset? OccurredAt = null, long? Value = null, Attributes? Attributes = null);

/// <summary>What became of one activity. A refused one says why.</summary>
public sealed record ActivityResult(string Id, ActivityOutcome Outcome, string? Code = null);

public sealed record ActivitiesAnswer(int Accepted, int Duplicates, int Refused, IReadOnlyList<ActivityResult> Results);

internal static class ActivitiesApi
{
    public static void MapActivities(this IEndpointRouteBuilder routes)
    {
        var activities = routes.MapGroup("/v1/activities").WithGroupName("events").WithTags("activities");

        activities.MapPost("", Report)
            .AllowScope(Scopes.ActivitiesWrite)
            .MayRepeat(Repeat.WithIds)
            .WithSummary("Report what users did: one activity, or up to 1,000")
            .WithDescription(
                """
                Each activity has its own verdict; the answer comes when all that were accepted are stored. An activity with an `id` is
                counted once, however often it is sent; it must carry `occurredAt`. Without an `id` Laurel gives both, and a retry would count again.
                """);
    }

    private static async Task<Results<Ok<ActivitiesAnswer>, Problem>> Report(
        Body<OneOrMany<ActivityReport>> body, Caller caller, Intake intake, TimeProvider time, CancellationToken cancellation)
    {
        var reports = body.Value;
        if (ActivityRules.Check(reports) is { Count: > 0 } faults)
            return new Problem(Errors.MalformedBody) { Fields = faults };

        var now = time.GetUtcNow();
        var source = Guid.Parse(caller.Subject);
        var verdicts = await intake.Take([.. reports.Items.Select(report => NewActivity.From(report, now, source))], cancellation);
        return TypedResults.Ok(Answer(verdicts));
    }

    private static ActivitiesAnswer Answer(ActivityResult[] results)
    {
        var counts = (Accepted: 0, Duplicates: 0, Refused: 0);
        foreach (var result in results)
        {
            switch (result.Outcome)
            {
                case ActivityOutcome.Accepted:
                    counts.Accepted++;
                    break;
                case ActivityOutcome.Duplicate:
                    counts.Duplicates++;
                    break;
                case ActivityOutcome.Refused:
                    counts.Refused++;
                    break;
            }
        }

        return new ActivitiesAnswer(counts.Accepted, counts.Duplicates, counts.Refused, results);
    }
}

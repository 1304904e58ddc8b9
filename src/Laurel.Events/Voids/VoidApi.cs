using Laurel.Events.Jobs;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Voids;

internal static class VoidApi
{
    public static void MapVoids(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/activities/void").WithGroupName("events").WithTags("activities").Allow(Role.Operator)
            .MapPost("", Void)
            .WithSummary("Take activities back: a bad import undone")
            .WithDescription(
                """
                These, or all that one service account has sent in a period. They count no longer, and all progress that they counted in
                becomes what the others come to; what was claimed stays claimed. Their ids stay known: sent again they are duplicates. The job
                tells how many they were, and who no longer meets what.
                """)
            .Answers(Errors.RuleBroken);

    private static async Task<Results<Accepted<JobView>, Problem>> Void(
        Body<VoidRequest> body, Actor actor, VoidStore voids, JobReader jobs, CancellationToken cancellation)
    {
        var request = body.Value;
        if (VoidRules.Check(request) is { Count: > 0 } broken)
            return Problem.Rules(broken);
        return await voids.Begin(request.Plan, request.Reason, actor, cancellation) is { } job
            ? TypedResults.Accepted($"/v1/jobs/{job}", (await jobs.Find(job, cancellation))!)
            : Problem.Rules([VoidRules.NotPast]);
    }
}

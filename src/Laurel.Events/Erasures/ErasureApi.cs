using System.ComponentModel;
using Laurel.Events.Activities;
using Laurel.Events.Jobs;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Erasures;

internal static class ErasureApi
{
    public static void MapErasures(this IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/users/{id}/erasures/{erasureId:guid}", Erase)
            .WithGroupName("events").WithTags("support")
            .AllowScope(Scopes.UsersErase)
            .WithSummary("Erase what tells of a user")
            .WithDescription(
                """
                For whoever keeps the accounts: Laurel's auth service asks for it when an account is deleted. A job takes the attributes of all
                stored activities away, and makes progress what they come to without them; rejects claims that wait; takes what people wrote
                about claims; and forfeits the balance. What was granted stays, and is delivered; what was met by attributes and not claimed yet
                is lost. The user's id stays, and what is reported of it later counts as anybody's.

                Under the same `erasureId` it happens once: sent again it answers the same job, and has it tried again where it has failed.
                """)
            .Answers(Errors.NotFound);

    private static async Task<Results<Accepted<JobView>, Problem>> Erase(
        [Description("As it is reported with activities: Laurel's own account id, or the game's.")] string id,
        [Description("Chosen by whoever asks.")] Guid erasureId,
        HttpContext http,
        Actor actor,
        ErasureStore erasures,
        JobReader jobs,
        CancellationToken cancellation)
    {
        var userId = UserInPath.Of(http, id);
        if (!ActivityRules.IsUserId(userId))
            return new Problem(Errors.NotFound);
        var job = await erasures.Begin(userId, erasureId, actor, cancellation);
        return TypedResults.Accepted($"/v1/jobs/{job}", (await jobs.Find(job, cancellation))!);
    }
}

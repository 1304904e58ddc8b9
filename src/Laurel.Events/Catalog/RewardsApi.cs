using System.ComponentModel;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Catalog;

internal static class RewardsApi
{
    public static void MapRewards(this IEndpointRouteBuilder routes)
    {
        var rewards = routes.MapGroup("/v1/rewards").WithGroupName("events").WithTags("rewards");
        var reading = rewards.MapGroup("").Allow(Role.Operator, Role.Auditor);
        var writing = rewards.MapGroup("").Allow(Role.Operator);

        writing.MapPost("", Add).WithSummary("Make a reward").Answers(Errors.RuleBroken);
        writing.MapPatch("/{id:guid}", Change)
            .WithSummary("Change a reward")
            .WithDescription("A merge patch: what is left away stays, null takes an optional field back. Claims that were made keep what they were promised.")
            .Answers(Errors.RuleBroken);
        reading.MapGet("", List).WithSummary("All rewards, newest first");
        reading.MapGet("/{id:guid}", Show).WithSummary("One reward");
    }

    private static async Task<Results<Created<Reward>, Problem>> Add(
        Body<RewardRequest> body, Actor actor, HttpResponse response, RewardStore rewards, CancellationToken cancellation)
    {
        if (RewardRules.Check(body.Value) is { Count: > 0 } broken)
            return Problem.Rules(broken);

        var reward = await rewards.Add(body.Value, actor, cancellation);
        IfMatch.Tell(response, reward.Version);
        return TypedResults.Created($"/v1/rewards/{reward.Id}", reward);
    }

    private static async Task<Results<Ok<Reward>, Problem>> Change(
        Guid id, Patch<RewardRequest> patch, IfMatch seen, Actor actor, HttpResponse response, RewardStore rewards, CancellationToken cancellation)
    {
        if (patch.IsEmpty)
            return Problem.Rules([new FieldError("$", "nothing_to_change", "Name at least one field.")]);

        var change = await rewards.Change(new RewardId(id), patch, seen, actor, cancellation);
        return change.Outcome switch
        {
            RewardOutcome.NotFound => new Problem(Errors.NotFound),
            RewardOutcome.VersionMismatch => new Problem(Errors.VersionMismatch),
            RewardOutcome.RuleBroken => Problem.Rules(change.Broken!),
            RewardOutcome.Unchanged or RewardOutcome.Changed => Shown(change.Reward!, response),
        };
    }

    private static async Task<Ok<Page<Reward>>> List(
        [AsParameters] PageQuery page,
        RewardStore rewards,
        Cursors cursors,
        CancellationToken cancellation,
        [Description("Only those that have contents of this kind.")] Choice<ContentKind>? type = null,
        [Description("A part of the name.")] string? q = null)
    {
        var rows = await rewards.List(type?.Value, q, cursors.Read<Guid?>("rewards", page), page.Size + 1, cancellation);
        return TypedResults.Ok(cursors.Page("rewards", page, rows, reward => reward.Id.Value));
    }

    private static async Task<Results<Ok<Reward>, Problem>> Show(Guid id, HttpResponse response, RewardStore rewards, CancellationToken cancellation) =>
        await rewards.Find(new RewardId(id), cancellation) is { } reward ? Shown(reward, response) : new Problem(Errors.NotFound);

    private static Ok<Reward> Shown(Reward reward, HttpResponse response)
    {
        IfMatch.Tell(response, reward.Version);
        return TypedResults.Ok(reward);
    }
}

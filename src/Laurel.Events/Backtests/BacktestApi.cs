using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Backtests;

/// <summary>The period of the past to look at, and the event as it is to be tried; without that, as it is stored.</summary>
public sealed record BacktestRequest(DateTimeOffset From, DateTimeOffset To, NewEventRequest? Event = null);

internal static class BacktestApi
{
    public static void MapBacktests(this IEndpointRouteBuilder routes)
    {
        routes.MapGroup("/v1/events/{id:guid}/backtest").WithGroupName("events").WithTags("events").Allow(Role.Operator)
            .AddEndpointFilter(EventAnswers.TellUnreadable)
            .MapPost("", Run)
            .WithSummary("Try an event on what users did in the past")
            .WithDescription(
                """
                Who would have met which offer's condition and when, what that would have cost, and when stocks would have run out. `from` and
                `to` stand in place of the event's own start and end; days and windows are those of its calendar. As if everybody had claimed
                at once. What takes longer than three seconds becomes a job, whose `result` is the same.
                """)
            .Answers(Errors.RuleBroken, EventsErrors.RewardAlreadyOffered, EventsErrors.BeyondHorizon, EventsErrors.EventUnreadable);
    }

    private static async Task<Results<Ok<BacktestResult>, Accepted<JobView>, Problem>> Run(
        Guid id,
        Body<BacktestRequest> body,
        Actor actor,
        EventsDatabase database,
        EventStore events,
        EventCatalog catalog,
        Backtesting backtesting,
        JobStore jobs,
        JobReader jobReader,
        TimeProvider time,
        CancellationToken cancellation)
    {
        var request = body.Value;
        var @event = new EventId(id);
        if (await events.Find(@event, cancellation) is not { } stored)
            return new Problem(Errors.NotFound);
        if (BacktestRules.Check(request, time.GetUtcNow()) is { Count: > 0 } broken)
            return Problem.Rules(broken);
        if (request.From < (await catalog.Load(cancellation)).Log.Horizon)
            return new Problem(EventsErrors.BeyondHorizon);

        var rewards = await Rewards(database, request.Event?.Offers.Select(offer => offer.RewardId) ?? stored.Offers.Select(offer => offer.RewardId), cancellation);
        if (request.Event is { } wanted)
        {
            var decision = EventDecisions.Create(wanted, [.. rewards.Values], actor.Id, time.GetUtcNow());
            if (decision.Outcome != EventOutcome.Changed)
                return Problem.Rules([.. decision.Broken!.Select(fault => fault with { Path = $"event.{fault.Path}" })]);
            if (wanted.Offers.DistinctBy(offer => offer.RewardId).Count() < wanted.Offers.Count)
                return new Problem(EventsErrors.RewardAlreadyOffered);
            stored = decision.Event!;
        }

        var plan = BacktestPlan.Of(stored, request.From, request.To, isStored: request.Event is null, rewards);
        if (await backtesting.Try(plan, cancellation) is { } result)
            return TypedResults.Ok(result);

        var job = await database.Any.InTransaction(
            async transaction =>
            {
                var made = await jobs.Enqueue(transaction, JobKind.Backtest, @event, epoch: null, plan, actor.Id, cancellation);
                await AuditTrail.Add(transaction, JobAudit.Started(actor, "event.backtested", @event, made), cancellation);
                return made;
            },
            cancellation);
        return TypedResults.Accepted($"/v1/jobs/{job}", (await jobReader.Find(job, cancellation))!);
    }

    private static async Task<Dictionary<RewardId, Reward>> Rewards(EventsDatabase database, IEnumerable<RewardId> ids, CancellationToken cancellation)
    {
        var found = await database.Any.InTransaction(transaction => RewardStore.Find(transaction, ids, cancellation), cancellation);
        return found.ToDictionary(reward => reward.Id);
    }
}

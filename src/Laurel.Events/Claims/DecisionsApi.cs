using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>Decisions about many claims.</summary>
public sealed record DecisionsRequest(IReadOnlyList<DecisionRequest> Decisions);

/// <summary>One decision; all but an approval have a reason, and a rejection may allow another try.</summary>
public sealed record DecisionRequest(ClaimId Id, DecisionKind Decision, string? Reason = null, bool AllowRetry = false);

/// <summary>What became of each decision, in their order.</summary>
public sealed record DecisionsAnswer(int Done, int Refused, IReadOnlyList<DecisionResult> Results);

/// <summary>What became of one: where it was refused, the code of the error that it alone would have been answered; and the claim as it is now.</summary>
public sealed record DecisionResult(ClaimId Id, DecisionOutcome Outcome, string? Code, ClaimView? Claim);

public enum DecisionKind
{
    Approve,
    Reject,
    Cancel,
    Revoke,
}

public enum DecisionOutcome
{
    Done,
    Refused,
}

/// <summary>Decides about many claims at once, about each by itself.</summary>
internal static class DecisionsApi
{
    private const int MaxDecisions = 200;

    public static void MapDecisions(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/claims/decide", Decide)
        .WithGroupName("events").WithTags("claims")
        .Allow(Role.Operator)
        .WithSummary("Decide about many claims")
        .WithDescription(
            $"""
            Up to {MaxDecisions}, one after the other in their order, each by itself: one that is refused changes nothing for the others. Of two
            about the same claim, the second finds what the first made of it.
            """)
        .Answers(Errors.RuleBroken);

    private static async Task<Results<Ok<DecisionsAnswer>, Problem>> Decide(
        Body<DecisionsRequest> body, Actor actor, ClaimDesk desk, CancellationToken cancellation)
    {
        var decisions = body.Value.Decisions;
        if (Faults(decisions) is { Count: > 0 } faults)
            return Problem.Rules(faults);
        var results = new List<DecisionResult>(decisions.Count);
        foreach (var decision in decisions)
            results.Add(await DecideOne(desk, new Ruling(decision.Id, KindOf(decision), actor, decision.Reason, decision.AllowRetry), cancellation));
        var done = results.Count(result => result.Outcome == DecisionOutcome.Done);
        return TypedResults.Ok(new DecisionsAnswer(done, results.Count - done, results));
    }

    private static async Task<DecisionResult> DecideOne(ClaimDesk desk, Ruling ruling, CancellationToken cancellation)
    {
        try
        {
            var (outcome, claim) = await desk.Decide(ruling, cancellation);
            var view = claim is null ? null : ClaimView.Of(claim, forStaff: true);
            return outcome == RulingOutcome.Done
                ? new DecisionResult(ruling.Id, DecisionOutcome.Done, null, view)
                : new DecisionResult(ruling.Id, DecisionOutcome.Refused, RulingRules.ErrorOf(outcome).Code, view);
        }
        catch (Exception failure) when (failure is NpgsqlException or UnavailableException)
        {
            // Nobody knows about this one; what was decided before it is decided, and has to be told.
            return new DecisionResult(ruling.Id, DecisionOutcome.Refused, Errors.Unavailable.Code, null);
        }
    }

    private static RulingKind KindOf(DecisionRequest request) => request.Decision switch
    {
        DecisionKind.Approve => RulingKind.Approve,
        DecisionKind.Reject => RulingKind.Reject,
        DecisionKind.Cancel => RulingKind.Cancel,
        DecisionKind.Revoke => RulingKind.Revoke,
    };

    private static List<FieldError> Faults(IReadOnlyList<DecisionRequest> decisions)
    {
        if (decisions.Count is 0 or > MaxDecisions)
            return [new FieldError("decisions", "count", $"This has 1 to {MaxDecisions} decisions.")];
        var faults = new List<FieldError>();
        foreach (var (at, decision) in decisions.Index())
        {
            if (RulingRules.Check(KindOf(decision), decision.Reason, $"decisions[{at}].reason") is { } fault)
                faults.Add(fault);
            if (decision is { AllowRetry: true, Decision: not DecisionKind.Reject })
                faults.Add(new FieldError($"decisions[{at}].allowRetry", "only_rejection", "Only a rejection can allow another try."));
        }

        return faults;
    }
}

using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Http;

namespace Laurel.Events.Catalog;

/// <summary>How decisions on events are told over HTTP.</summary>
internal static class EventAnswers
{
    public static bool IsStaff(Caller caller) => caller.Role is not Role.User;

    public static EventView Shown(Event stored, Caller caller, HttpResponse response, TimeProvider time)
    {
        IfMatch.Tell(response, stored.Version);
        return EventView.Of(stored, time.GetUtcNow(), IsStaff(caller));
    }

    /// <summary>Null where it is not refused.</summary>
    public static Problem? Refused(EventDecision decision) => decision.Outcome switch
    {
        EventOutcome.NotFound => new Problem(Errors.NotFound),
        EventOutcome.VersionMismatch => new Problem(Errors.VersionMismatch),
        EventOutcome.IfMatchRequired => new Problem(Errors.IfMatchRequired),
        EventOutcome.NotADraft => new Problem(EventsErrors.NotADraft),
        EventOutcome.StillADraft => new Problem(EventsErrors.StillADraft),
        EventOutcome.NotRunning => new Problem(EventsErrors.EventNotRunning),
        EventOutcome.CalendarFrozen => new Problem(EventsErrors.CalendarFrozen) { Fields = decision.Broken! },
        EventOutcome.OfferHasClaims => new Problem(EventsErrors.OfferHasClaims),
        EventOutcome.RewardAlreadyOffered => new Problem(EventsErrors.RewardAlreadyOffered),
        EventOutcome.RuleBroken => Problem.Rules(decision.Broken!),
        EventOutcome.BeyondHorizon => new Problem(EventsErrors.BeyondHorizon),
        EventOutcome.Unchanged or EventOutcome.Changed => null,
    };

    public static async ValueTask<object?> TellUnreadable(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (EventUnreadableException)
        {
            return new Problem(EventsErrors.EventUnreadable);
        }
    }

    public static Problem NothingToChange() => Problem.Rules([new FieldError("$", "nothing_to_change", "Name at least one field.")]);
}

using System.Text.Json;
using Laurel.Events.Activities;
using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Catalog;

/// <summary>What a change of an event asks of the progress that is stored for it.</summary>
internal enum Recount
{
    /// <summary>It stays right.</summary>
    Nothing,

    /// <summary>What was reached stays right; who has met which goal is to be judged anew.</summary>
    Goals,

    /// <summary>All of it is to be folded anew from the stored activities: a new epoch.</summary>
    Everything,
}

internal static class Recounts
{
    /// <summary>
    /// How far ahead of an event's start users may have done what counts: an activity may be five minutes ahead of the clock of the
    /// process that takes it, and clocks may differ.
    /// </summary>
    public static readonly TimeSpan Lead = Intake.Ahead + StoredGenerations.Margin;

    /// <summary>Pure. Of an event that is not active nothing is counted; its next activation makes up for it.</summary>
    public static Recount Needed(Event before, Event after, DateTimeOffset now)
    {
        if (after.Status != EventStatus.Active)
            return Recount.Nothing;
        if (before.Status == EventStatus.Draft)
            return after.Request.StartsAt <= now + Lead ? Recount.Everything : Recount.Nothing;
        if (before.Status == EventStatus.Inactive || before.Quarantine is not null || Measured(before) != Measured(after))
            return Recount.Everything;
        return Goals(before) == Goals(after) && !ClaimsMore(before, after) ? Recount.Nothing : Recount.Goals;
    }

    /// <summary>Whether an offer claims itself that did not, or does so for longer: also for those who have met its condition already.</summary>
    private static bool ClaimsMore(Event before, Event after) =>
        after.Offers.Where(offer => offer.ClaimsItself).Any(offer =>
            after.Request.ClaimWithinSeconds > before.Request.ClaimWithinSeconds
            || !before.Offers.Any(known => known.Id == offer.Id && known.ClaimsItself));

    /// <summary>Null where the stored one breaks a rule of today. What follows a change breaks none, so that the two differ.</summary>
    private static string? Measured(Event @event) =>
        EventDefinition.Check(@event.Draft).Count == 0 ? EventDefinition.Create(@event.Draft).Measured : null;

    private static string Goals(Event @event) =>
        JsonSerializer.Serialize((IEnumerable<object?>)[@event.Request.Condition, .. @event.Offers.Select(offer => new OfferRule(offer.Ordinal, offer.Condition))], JsonRules.Options);
}

using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Activities;

/// <summary>
/// For how long activities are needed. What is needed is never dropped, and an event that would need what was dropped before is
/// neither activated nor changed to that; so all that can still be claimed can be folded anew.
/// </summary>
internal static class Reach
{
    /// <summary>
    /// The start of the oldest window in which something can still be claimed, or be done that counts, also when it is reported late.
    /// Null where there is none.
    /// </summary>
    public static DateTimeOffset? NeededFrom(Calendar calendar, TimeSpan claimWithin, DateTimeOffset now)
    {
        var lasts = claimWithin > Generations.Length ? claimWithin : Generations.Length;
        return calendar.WindowsBetween(now - lasts, DateTimeOffset.MaxValue).Select(window => (DateTimeOffset?)window.Start).FirstOrDefault();
    }

    public static DateTimeOffset? NeededFrom(RunningEvent one, DateTimeOffset now) => NeededFrom(one.Definition.Calendar, one.ClaimWithin, now);

    /// <summary>Whether all that is needed of an event is stored; where nothing is needed any more, whether all of it is.</summary>
    public static bool Covers(StoredGenerations log, Event @event, DateTimeOffset now)
    {
        var claimWithin = TimeSpan.FromSeconds(@event.Request.ClaimWithinSeconds);
        return log.ReachTo(NeededFrom(EventDefinition.Create(@event.Draft).Calendar, claimWithin, now) ?? @event.Request.StartsAt);
    }
}

using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>Which events, and which window of each, a player's progress is shown in.</summary>
internal static class ShownEvents
{
    public static IEnumerable<(RunningEvent Event, Window Window)> Of(CatalogSnapshot snapshot, ProgressWish wish, DateTimeOffset now) =>
        wish.Event is { } wanted
            ? Of(snapshot.Events.GetValueOrDefault(wanted), wish.Window, now)
            : snapshot.Active.Reverse()
                .Where(one => wish.Before is not { } before || one.Id.Value.CompareTo(before) < 0)
                .Where(one => wish.Activity is not { } activity || one.Definition.Measures.Any(measure => measure.Activity == activity))
                .SelectMany(one => Of(one, null, now))
                .Take(wish.Limit);

    /// <summary>Whether it counts for players now, or what it counted can still be claimed.</summary>
    public static bool IsShown(RunningEvent one, DateTimeOffset now) =>
        one is { Status: EventStatus.Active, IsQuarantined: false } && one.PhaseAt(now) is (Phase.Running or Phase.Claimable);

    /// <summary>Its window that is open; after its end the last one, while that can be claimed.</summary>
    private static IEnumerable<(RunningEvent Event, Window Window)> Of(RunningEvent? one, DateOnly? key, DateTimeOffset now)
    {
        if (one is null || !IsShown(one, now))
            yield break;

        if (one.WindowFor(key, now) is { } found && found.Start <= now)
            yield return (one, found);
    }
}

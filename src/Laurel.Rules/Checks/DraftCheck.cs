using System.Text.RegularExpressions;

namespace Laurel.Rules;

/// <summary>What may be wrong with an event as a whole.</summary>
internal static partial class DraftCheck
{
    public const int MaxOffers = 50;

    /// <summary>Every flaw. What cannot be reached is looked at when there is a calendar to look at.</summary>
    public static List<Flaw> All(EventDraft draft)
    {
        var flaws = new List<Flaw>();
        var zone = Zone(draft.TimeZone);
        Period(draft, zone, flaws);
        var sizes = zone is null || flaws.Count > 0 ? null : new WindowSizes(new Calendar(draft.StartsAt, draft.EndsAt, zone, draft.DayStartsAt, draft.Repeats));
        Conditions(draft, sizes, flaws);
        return flaws;
    }

    /// <summary>
    /// Only what keeps an event from being run. Whether a goal can be reached is no such thing, and may change with the zone's rules:
    /// news from IANA must not take an event down.
    /// </summary>
    public static List<Flaw> Structure(EventDraft draft)
    {
        var flaws = new List<Flaw>();
        Period(draft, Zone(draft.TimeZone), flaws);
        Conditions(draft, sizes: null, flaws);
        return flaws;
    }

    /// <summary>
    /// Only IANA's own names, in their own spelling: `localtime`, `posixrules` and the like are files beside them, and mean something
    /// else on every machine.
    /// </summary>
    private static TimeZoneInfo? Zone(string id) =>
        ZoneName().IsMatch(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.Id == id ? zone : null;

    private static void Period(EventDraft draft, TimeZoneInfo? zone, List<Flaw> flaws)
    {
        if (zone is null)
            Report("timeZone", "unknown_zone", "There is no such time zone; name one of IANA's, such as Asia/Seoul.");
        if (draft.StartsAt.UtcDateTime.Year is < 2000 or > 2100)
            Report("startsAt", "out_of_range", "An event takes place in the years 2000 to 2100.");
        if (draft.EndsAt <= draft.StartsAt)
            Report("endsAt", "end_before_start", "The end comes after the start.");
        else if (draft.EndsAt.UtcDateTime.Year is < 2000 or > 2100)
            Report("endsAt", "out_of_range", "An event takes place in the years 2000 to 2100.");
        else if (draft.EndsAt.UtcDateTime > draft.StartsAt.UtcDateTime.AddYears(10))
            Report("endsAt", "period_too_long", "An event lasts 10 years at most.");
        if (draft.DayStartsAt.Ticks % (15 * TimeSpan.TicksPerMinute) != 0)
            Report("dayStartsAt", "not_a_quarter_hour", "A day starts at a quarter of an hour, such as 05:00 or 00:15.");

        void Report(string path, string code, string message) => flaws.Add(new Flaw(path, code, message));
    }

    private static void Conditions(EventDraft draft, WindowSizes? sizes, List<Flaw> flaws)
    {
        ConditionCheck.Run(draft.Condition, "condition", sizes, flaws);
        if (draft.Offers.Count > MaxOffers)
            Report("offers", "too_many", $"An event has {MaxOffers} offers at most.");
        for (var index = 0; index < Math.Min(draft.Offers.Count, MaxOffers); index++)
        {
            var (ordinal, condition) = draft.Offers[index];
            if (ordinal is < 1 or > 62)
                Report($"offers[{index}].ordinal", "out_of_range", "An offer's ordinal is 1 to 62.");
            else if (draft.Offers.Take(index).Any(other => other.Ordinal == ordinal))
                Report($"offers[{index}].ordinal", "ordinal_taken", "Another offer of this event has this ordinal.");
            if (condition is not null)
                ConditionCheck.Run(condition, $"offers[{index}].condition", sizes, flaws);
        }

        void Report(string path, string code, string message) => flaws.Add(new Flaw(path, code, message));
    }

    [GeneratedRegex("^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*\\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ZoneName();
}

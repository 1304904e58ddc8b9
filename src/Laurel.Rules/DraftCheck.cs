namespace Laurel.Rules;

internal static class DraftCheck
{
    public static List<Flaw> Structure(EventDraft draft)
    {
        var flaws = new List<Flaw>();
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(draft.TimeZone, out var zone) || zone.Id != draft.TimeZone)
            flaws.Add(new Flaw("timeZone", "unknown_zone", "There is no such time zone; name one of IANA's, such as Asia/Seoul."));
        if (draft.EndsAt <= draft.StartsAt)
            flaws.Add(new Flaw("endsAt", "end_before_start", "The end has to come after the start."));
        return flaws;
    }
}

using FsCheck;
using FsCheck.Fluent;

namespace Laurel.Tests.Rules;

/// <summary>A zone, and an instant that something may happen at there.</summary>
public sealed record Place(TimeZoneInfo Zone, DateTimeOffset Instant);

/// <summary>Every zone that the system knows, with all changes of its clock from 2000 to 2040.</summary>
internal static class Zones
{
    private static readonly DateTimeOffset Begin = new(2000, 1, 10, 0, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<TimeZoneInfo> Known { get; } = TimeZoneInfo.GetSystemTimeZones();

    private static readonly Dictionary<string, DateTimeOffset[]> Changes = Known.ToDictionary(zone => zone.Id, zone => ChangesOf(zone).ToArray());

    /// <summary>Any zone, about one of its changes or anywhen.</summary>
    public static Gen<Place> Anywhere { get; } =
        from zone in Gen.OneOf(Gen.Elements<TimeZoneInfo>(Known), Gen.Elements("Asia/Seoul", "Pacific/Apia", "Africa/Cairo", "Australia/Lord_Howe", "America/St_Johns").Select(TimeZoneInfo.FindSystemTimeZoneById))
        from change in Gen.Choose(0, 1_000)
        from day in Gen.Choose(0, 14_600)
        from minute in Gen.OneOf(Gen.Choose(-36 * 60, 36 * 60), Gen.Choose(-90, 90))
        from tick in Gen.Elements(0L, 0, 1, -1, 12_345_678)
        from atChange in Gen.Elements(true, true, false)
        let changes = Changes[zone.Id]
        let instant = atChange && changes.Length > 0 ? changes[change % changes.Length] : Begin.AddDays(day)
        select new Place(zone, instant.AddMinutes(minute).AddTicks(tick));

    /// <summary>When days may start: any quarter, midnight, 05:00, or about what the wall shows at the place.</summary>
    public static Gen<TimeOnly> DayStarts(Place place)
    {
        var shown = (int)(TimeZoneInfo.ConvertTime(place.Instant, place.Zone).TimeOfDay.Ticks / (15 * TimeSpan.TicksPerMinute));
        return Gen.OneOf(Gen.Choose(0, 95), Gen.Elements(0, 20), Gen.Choose(shown + 90, shown + 102))
            .Select(quarter => new TimeOnly(quarter % 96 * 15 * TimeSpan.TicksPerMinute));
    }

    private static IEnumerable<DateTimeOffset> ChangesOf(TimeZoneInfo zone)
    {
        // No zone goes forth and back within these days; a change is at a full minute.
        const int Step = 5 * 24 * 60;
        for (var from = Begin; from < Begin.AddDays(14_600); from = from.AddMinutes(Step))
        {
            var (low, high) = (0, Step);
            if (zone.GetUtcOffset(from) == zone.GetUtcOffset(from.AddMinutes(Step)))
                continue;

            while (high - low > 1)
            {
                var middle = (low + high) / 2;
                if (zone.GetUtcOffset(from.AddMinutes(middle)) == zone.GetUtcOffset(from))
                    low = middle;
                else
                    high = middle;
            }

            yield return from.AddMinutes(high);
        }
    }
}

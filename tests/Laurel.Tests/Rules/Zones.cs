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
        from minute in Gen.Choose(-36 * 60, 36 * 60)
        from tick in Gen.Elements(0L, 0, 1, -1, 12_345_678)
        from atChange in Gen.Elements(true, true, false)
        let changes = Changes[zone.Id]
        let instant = atChange && changes.Length > 0 ? changes[change % changes.Length] : Begin.AddDays(day)
        select new Place(zone, instant.AddMinutes(minute).AddTicks(tick));

    private static IEnumerable<DateTimeOffset> ChangesOf(TimeZoneInfo zone)
    {
        for (var day = 0; day < 14_600; day++)
        {
            if (zone.GetUtcOffset(Begin.AddDays(day)) != zone.GetUtcOffset(Begin.AddDays(day + 1)))
                yield return Enumerable.Range(0, 1_441).Select(minute => Begin.AddDays(day).AddMinutes(minute)).First(at => zone.GetUtcOffset(at) != zone.GetUtcOffset(Begin.AddDays(day)));
        }
    }
}

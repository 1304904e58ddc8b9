using System.Collections.Concurrent;

namespace Laurel.Tests.Rules;

/// <summary>
/// Days by walking along the clock: from long before a day could begin, a quarter of an hour at a time, until the wall shows its
/// start; then back, and on by the minute. Since 2000 every offset is a multiple of a quarter, and every change is at a full minute.
/// </summary>
internal sealed class ReferenceDays(TimeZoneInfo zone, TimeOnly dayStartsAt)
{
    private static readonly ConcurrentDictionary<(string Zone, TimeOnly DayStartsAt, DateOnly Day), DateTimeOffset> Known = [];

    public DateOnly DayOf(DateTimeOffset instant)
    {
        var day = DateOnly.FromDateTime(instant.UtcDateTime).AddDays(2);
        while (StartOf(day) > instant)
            day = day.AddDays(-1);
        return day;
    }

    public DateTimeOffset StartOf(DateOnly day) => Known.GetOrAdd((zone.Id, dayStartsAt, day), _ => Walk(day));

    private DateTimeOffset Walk(DateOnly day)
    {
        var start = day.ToDateTime(dayStartsAt);
        var instant = new DateTimeOffset(start, TimeSpan.Zero).AddHours(-16);
        while (OnTheWall(instant) < start)
            instant = instant.AddMinutes(15);
        instant = instant.AddMinutes(-15);
        while (OnTheWall(instant) < start)
            instant = instant.AddMinutes(1);
        return instant;
    }

    private DateTime OnTheWall(DateTimeOffset instant) => TimeZoneInfo.ConvertTime(instant, zone).DateTime;
}

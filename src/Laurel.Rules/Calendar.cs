using System.Runtime.InteropServices;

namespace Laurel.Rules;

public enum Repeats
{
    Once,
    Daily,
    Weekly,
    Monthly,
}

/// <summary>One repetition of an event. The key is the local date of its uncut start; start and end are cut to the event's period.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Window(DateOnly Key, DateTimeOffset Start, DateTimeOffset End);

/// <summary>
/// The days and windows of one event. A local day begins at the first instant at which the clock on the wall shows the day's start
/// or later: where the clock jumps over it, when it has jumped; where it shows it twice, the first time. A date that the zone skips
/// is a day of no length. So days follow each other without gap or overlap, whatever the clock does.
/// </summary>
public sealed class Calendar
{
    /// <summary>The key of the one window of an event that does not repeat.</summary>
    public static readonly DateOnly OnceKey = new(2000, 1, 1);

    // No zone is further from UTC than this, and none changes its clock twice within twice this time.
    private const long Reach = 15 * TimeSpan.TicksPerHour;

    // Everything in between can be computed without leaving the calendar's range.
    private static readonly long Earliest = new DateTime(1, 3, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private static readonly long Latest = new DateTime(9999, 10, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly long _startsAt;
    private readonly long _endsAt;
    private readonly TimeZoneInfo _zone;
    private readonly long _dayStartsAt;
    private readonly Repeats _repeats;

    // Days met lately, each in a slot of its own but for what the clock moves. A slot is replaced whole, so that a race costs a
    // computation and no more.
    private readonly Day?[] _days = new Day?[64];
    private readonly long _firstSlot;

    public Calendar(DateTimeOffset startsAt, DateTimeOffset endsAt, TimeZoneInfo zone, TimeOnly dayStartsAt, Repeats repeats)
    {
        (_startsAt, _endsAt, _zone, _dayStartsAt, _repeats) = (startsAt.UtcTicks, endsAt.UtcTicks, zone, dayStartsAt.Ticks, repeats);
        _firstSlot = zone.BaseUtcOffset.Ticks - _dayStartsAt;
    }

    public bool Contains(DateTimeOffset instant) => instant.UtcTicks >= _startsAt && instant.UtcTicks < _endsAt;

    public DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDayNumber(DayAt(instant.UtcTicks).Number);

    /// <summary>The window that an instant lies in; null outside the period.</summary>
    public Window? WindowOf(DateTimeOffset instant) => Contains(instant) ? DayAt(instant.UtcTicks).Window : null;

    /// <summary>The window of a key; null where no window has it, or the period leaves nothing of it.</summary>
    public Window? WindowAt(DateOnly key)
    {
        if (_repeats == Repeats.Once)
            return key == OnceKey && _startsAt < _endsAt ? WindowFrom(0) : null;
        if (key.Year is < 2 or > 9998 || KeyOf(key.DayNumber) != key.DayNumber)
            return null;

        var window = WindowFrom(key.DayNumber);
        return window.Start < window.End ? window : null;
    }

    /// <summary>The windows that have an instant in [from, to), in order.</summary>
    public IEnumerable<Window> WindowsBetween(DateTimeOffset from, DateTimeOffset to)
    {
        var next = Math.Max(from.UtcTicks, _startsAt);
        var end = Math.Min(to.UtcTicks, _endsAt);
        while (next < end)
        {
            var window = DayAt(next).Window;
            yield return window;
            next = window.End.UtcTicks;
        }
    }

    public DateTimeOffset StartOfDay(DateOnly day) => At(StartOfDay(day.DayNumber));

    internal IEnumerable<Window> AllWindows() => WindowsBetween(At(_startsAt), At(_endsAt));

    /// <summary>The days that have an instant in a window.</summary>
    internal IEnumerable<int> DaysOf(Window window)
    {
        for (var next = window.Start.UtcTicks; next < window.End.UtcTicks;)
        {
            var day = DayAt(next);
            yield return day.Number;
            next = day.End;
        }
    }

    internal int DayNumberOf(DateTimeOffset instant) => DayAt(instant.UtcTicks).Number;

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private Day DayAt(long instant)
    {
        var ticks = Math.Clamp(instant, Earliest, Latest);
        ref var slot = ref _days[((ticks + _firstSlot) / TimeSpan.TicksPerDay) & 63];
        return slot is { } known && known.Start <= ticks && ticks < known.End ? known : slot = FindDay(ticks);
    }

    /// <summary>
    /// The last day that has begun by then. What the wall shows has begun; a later one has too when the clock went back since.
    /// </summary>
    private Day FindDay(long ticks)
    {
        var day = (int)((ticks + OffsetAt(ticks) - _dayStartsAt) / TimeSpan.TicksPerDay);
        var start = StartOfDay(day);
        var end = StartOfDay(day + 1);
        while (end <= ticks)
        {
            start = end;
            end = StartOfDay(++day + 1);
        }

        return new Day(day, start, end, WindowFrom(KeyOf(day)));
    }

    private long StartOfDay(int day)
    {
        var wall = (day * TimeSpan.TicksPerDay) + _dayStartsAt;
        var before = OffsetAt(wall - Reach);
        var after = OffsetAt(wall + Reach);
        if (before == after)
            return wall - before;

        var change = ChangeBetween(wall - Reach, wall + Reach, before);
        return wall - before < change ? wall - before : Math.Max(change, wall - after);
    }

    /// <summary>The first instant at which the offset is no longer the one at <paramref name="low"/>.</summary>
    private long ChangeBetween(long low, long high, long before)
    {
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (OffsetAt(middle) == before)
                low = middle;
            else
                high = middle;
        }

        return high;
    }

    private long OffsetAt(long ticks) => _zone.GetUtcOffset(new DateTime(Math.Max(ticks, 0), DateTimeKind.Utc)).Ticks;

    // The first day of the common era is a Monday.
    private int KeyOf(int day) => _repeats switch
    {
        Repeats.Once => 0,
        Repeats.Daily => day,
        Repeats.Weekly => day - (day % 7),
        Repeats.Monthly => day - DateOnly.FromDayNumber(day).Day + 1,
    };

    private Window WindowFrom(int key)
    {
        if (_repeats == Repeats.Once)
            return new Window(OnceKey, At(_startsAt), At(_endsAt));

        var date = DateOnly.FromDayNumber(key);
        var next = _repeats switch
        {
            Repeats.Weekly => key + 7,
            Repeats.Monthly => date.AddMonths(1).DayNumber,
            _ => key + 1,
        };
        return new Window(date, At(Math.Max(StartOfDay(key), _startsAt)), At(Math.Min(StartOfDay(next), _endsAt)));
    }

    private sealed record Day(int Number, long Start, long End, Window Window);
}

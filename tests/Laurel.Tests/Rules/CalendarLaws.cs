using FsCheck;
using FsCheck.Fluent;
using Laurel.Rules;

namespace Laurel.Tests.Rules;

public sealed class CalendarLaws
{
    private static readonly DateTimeOffset Always = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<(Place Place, TimeOnly DayStartsAt)> Anywhere =
        from place in Zones.Anywhere
        from dayStartsAt in Zones.DayStarts(place)
        select (place, dayStartsAt);

    [Fact]
    public void Every_instant_lies_in_exactly_one_day_and_days_follow_each_other_without_gap_or_overlap()
    {
        Prop.ForAll(Anywhere.ToArbitrary(), it =>
        {
            var calendar = Of(it.Place.Zone, it.DayStartsAt);
            var day = calendar.DayOf(it.Place.Instant);
            var (start, end) = (calendar.StartOfDay(day), calendar.StartOfDay(day.AddDays(1)));

            Assert.True(start <= it.Place.Instant && it.Place.Instant < end, $"{it.Place} is not in {day}, {start:O} to {end:O}");
            Assert.Equal(day, calendar.DayOf(start));
            Assert.Equal(day, calendar.DayOf(end.AddTicks(-1)));
            Assert.NotEqual(day, calendar.DayOf(end));
            Assert.NotEqual(day, calendar.DayOf(start.AddTicks(-1)));
        }).Check(Laws.Config);
    }

    [Fact]
    public void A_day_begins_when_the_wall_first_shows_its_start_or_later()
    {
        Prop.ForAll(Anywhere.ToArbitrary(), it =>
        {
            var calendar = Of(it.Place.Zone, it.DayStartsAt);
            var day = calendar.DayOf(it.Place.Instant);
            var start = calendar.StartOfDay(day);

            Assert.Equal(new ReferenceDays(it.Place.Zone, it.DayStartsAt).StartOf(day), start);
            Assert.True(OnTheWall(start) >= day.ToDateTime(it.DayStartsAt));
            for (var minutes = 1; minutes <= 26 * 60; minutes += 7)
                Assert.True(OnTheWall(start.AddMinutes(-minutes)) < day.ToDateTime(it.DayStartsAt));

            DateTime OnTheWall(DateTimeOffset instant) => TimeZoneInfo.ConvertTime(instant, it.Place.Zone).DateTime;
        }).Check(Laws.Config);
    }

    [Fact]
    public void Days_never_go_back_as_time_goes_on()
    {
        var pairs =
            from it in Anywhere
            from minutes in Gen.Choose(0, 60 * 60)
            select (it.Place, it.DayStartsAt, minutes);

        Prop.ForAll(pairs.ToArbitrary(), it =>
        {
            var calendar = Of(it.Place.Zone, it.DayStartsAt);
            var later = it.Place.Instant.AddMinutes(it.minutes);
            return calendar.DayOf(it.Place.Instant) <= calendar.DayOf(later)
                && calendar.StartOfDay(calendar.DayOf(it.Place.Instant)) <= calendar.StartOfDay(calendar.DayOf(later));
        }).Check(Laws.Config);
    }

    [Fact]
    public void Windows_tile_the_period_and_know_their_keys()
    {
        Prop.ForAll(Histories.Events.ToArbitrary(), definition =>
        {
            var (calendar, draft) = (definition.Calendar, definition.Draft);
            var windows = calendar.WindowsBetween(draft.StartsAt, draft.EndsAt).ToList();

            Assert.Equal(draft.StartsAt, windows[0].Start);
            Assert.Equal(draft.EndsAt, windows[^1].End);
            Assert.Equal(windows.Skip(1).Select(window => window.Start), windows.SkipLast(1).Select(window => window.End));
            Assert.Equal(windows.Select(window => window.Key).Distinct().Order(), windows.Select(window => window.Key));
            Assert.All(windows, window =>
            {
                Assert.True(window.Start < window.End);
                Assert.Equal(window, calendar.WindowAt(window.Key));
                Assert.Equal(window, calendar.WindowOf(window.Start));
                Assert.Equal(window, calendar.WindowOf(window.End.AddTicks(-1)));
                Assert.Equal([window], calendar.WindowsBetween(window.Start, window.End));
            });
            Assert.Null(calendar.WindowOf(draft.EndsAt));
            Assert.Null(calendar.WindowOf(draft.StartsAt.AddTicks(-1)));
        }).Check(Laws.Config);
    }

    [Fact]
    public void An_instant_is_in_the_window_that_its_day_belongs_to()
    {
        var instants =
            from definition in Histories.Events
            from activity in Histories.SomeActivity(definition)
            select (definition, activity.OccurredAt);

        Prop.ForAll(instants.ToArbitrary(), it =>
        {
            var (calendar, draft) = (it.definition.Calendar, it.definition.Draft);
            var window = calendar.WindowOf(it.OccurredAt);
            Assert.Equal(it.OccurredAt >= draft.StartsAt && it.OccurredAt < draft.EndsAt, window is not null);
            Assert.Equal(calendar.Contains(it.OccurredAt), window is not null);
            if (window is null)
                return;

            Assert.True(window.Value.Start <= it.OccurredAt && it.OccurredAt < window.Value.End);
            var day = calendar.DayOf(it.OccurredAt);
            Assert.Equal(
                draft.Repeats switch
                {
                    Repeats.Once => new DateOnly(2000, 1, 1),
                    Repeats.Daily => day,
                    Repeats.Weekly => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
                    Repeats.Monthly => new DateOnly(day.Year, day.Month, 1),
                },
                window.Value.Key);
        }).Check(Laws.Config);
    }

    [Fact]
    public void A_calendar_that_has_answered_before_answers_as_a_new_one()
    {
        var instants =
            from it in Anywhere
            from minutes in Gen.Choose(-100 * 24 * 60, 100 * 24 * 60).ListOf(50)
            from repeats in Gen.Elements(Repeats.Once, Repeats.Daily, Repeats.Weekly, Repeats.Monthly)
            select (it.Place, it.DayStartsAt, minutes, repeats);

        Prop.ForAll(instants.ToArbitrary(), it =>
        {
            var used = Of(it.Place.Zone, it.DayStartsAt, it.repeats);
            foreach (var instant in it.minutes.Select(minutes => it.Place.Instant.AddMinutes(minutes)))
            {
                var fresh = Of(it.Place.Zone, it.DayStartsAt, it.repeats);
                Assert.Equal(fresh.DayOf(instant), used.DayOf(instant));
                Assert.Equal(fresh.WindowOf(instant), used.WindowOf(instant));
            }
        }).Check(Laws.Config.WithMaxTest(Math.Max(200, Laws.Config.MaxTest / 20)));
    }

    [Fact]
    public async Task A_calendar_may_be_asked_by_many_at_once()
    {
        var calendar = Of(TimeZoneInfo.FindSystemTimeZoneById("America/New_York"), new TimeOnly(5, 0), Repeats.Weekly);
        var begin = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var step = 0; step < 50_000; step++)
            {
                var instant = begin.AddMinutes((step * (worker + 1) * 97) % (60 * 24 * 60));
                var (day, window) = (calendar.DayOf(instant), calendar.WindowOf(instant)!.Value);
                Assert.True(window.Start <= instant && instant < window.End && window.Key <= day && day < window.Key.AddDays(7));
            }
        }, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void No_instant_is_too_early_or_too_late_for_a_day()
    {
        foreach (var zone in Zones.Known)
        {
            var calendar = Of(zone, new TimeOnly(23, 45), Repeats.Monthly);
            Assert.True(calendar.DayOf(DateTimeOffset.MinValue) < calendar.DayOf(DateTimeOffset.MaxValue));
        }
    }

    private static Calendar Of(TimeZoneInfo zone, TimeOnly dayStartsAt, Repeats repeats = Repeats.Daily) => new(Always, Always.AddYears(100), zone, dayStartsAt, repeats);
}

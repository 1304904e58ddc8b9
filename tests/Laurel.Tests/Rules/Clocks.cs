using Laurel.Rules;

namespace Laurel.Tests.Rules;

/// <summary>Where days begin, worked out by hand from what the clocks did. All instants are UTC.</summary>
public sealed class Clocks
{
    public static TheoryData<string, string, string, string, string> Days => new()
    {
        // zone, day starts at, local day, begins at, because
        { "Asia/Seoul", "05:00", "2026-03-01", "2026-02-28T20:00:00Z", "UTC+9 all year" },
        { "Asia/Seoul", "05:00", "2026-03-02", "2026-03-01T20:00:00Z", "UTC+9 all year" },
        { "Asia/Kathmandu", "00:00", "2026-01-01", "2025-12-31T18:15:00Z", "UTC+5:45" },
        { "Asia/Kathmandu", "05:45", "2026-01-01", "2026-01-01T00:00:00Z", "UTC+5:45" },

        { "America/New_York", "00:00", "2026-03-08", "2026-03-08T05:00:00Z", "still UTC-5" },
        { "America/New_York", "00:00", "2026-03-09", "2026-03-09T04:00:00Z", "UTC-4 since 02:00: the 8th has 23 hours" },
        { "America/New_York", "02:00", "2026-03-08", "2026-03-08T07:00:00Z", "02:00 does not exist, the clock goes from 01:59:59 to 03:00" },
        { "America/New_York", "02:30", "2026-03-08", "2026-03-08T07:00:00Z", "02:30 does not exist, the gap ends at 03:00" },
        { "America/New_York", "03:00", "2026-03-08", "2026-03-08T07:00:00Z", "the end of the gap itself" },
        { "America/New_York", "02:30", "2026-03-09", "2026-03-09T06:30:00Z", "UTC-4" },
        { "America/New_York", "00:00", "2026-11-01", "2026-11-01T04:00:00Z", "still UTC-4" },
        { "America/New_York", "01:30", "2026-11-01", "2026-11-01T05:30:00Z", "01:30 comes twice, the first counts" },
        { "America/New_York", "02:00", "2026-11-01", "2026-11-01T07:00:00Z", "the clock goes from 01:59:59 back to 01:00, and shows 02:00 an hour later" },
        { "America/New_York", "00:00", "2026-11-02", "2026-11-02T05:00:00Z", "UTC-5: the 1st has 25 hours" },

        { "Australia/Lord_Howe", "00:00", "2026-04-05", "2026-04-04T13:00:00Z", "summer, UTC+11" },
        { "Australia/Lord_Howe", "01:45", "2026-04-05", "2026-04-04T14:45:00Z", "01:30 to 02:00 comes twice, the first counts" },
        { "Australia/Lord_Howe", "00:00", "2026-04-06", "2026-04-05T13:30:00Z", "UTC+10:30: the 5th has 24.5 hours" },
        { "Australia/Lord_Howe", "02:00", "2026-10-04", "2026-10-03T15:30:00Z", "from 02:00 to 02:30 in one step" },
        { "Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30:00Z", "02:15 does not exist, the gap ends at 02:30" },
        { "Australia/Lord_Howe", "00:00", "2026-10-05", "2026-10-04T13:00:00Z", "UTC+11: the 4th has 23.5 hours" },

        { "Pacific/Apia", "00:00", "2011-12-29", "2011-12-29T10:00:00Z", "UTC-10" },
        { "Pacific/Apia", "00:00", "2011-12-30", "2011-12-30T10:00:00Z", "skipped: it begins where the next does" },
        { "Pacific/Apia", "00:00", "2011-12-31", "2011-12-30T10:00:00Z", "UTC+14 from the end of the 29th" },
        { "Pacific/Apia", "00:00", "2012-01-01", "2011-12-31T10:00:00Z", "UTC+14" },
        { "Pacific/Apia", "05:00", "2011-12-30", "2011-12-30T10:00:00Z", "what is left of it: from the jump to 05:00 of the 31st" },
        { "Pacific/Apia", "05:00", "2011-12-31", "2011-12-30T15:00:00Z", "UTC+14" },

        { "Africa/Cairo", "00:00", "2023-04-28", "2023-04-27T22:00:00Z", "midnight does not exist, the clock goes from 23:59:59 to 01:00" },
        { "Africa/Cairo", "00:30", "2023-04-28", "2023-04-27T22:00:00Z", "nor does 00:30" },
        { "Africa/Cairo", "00:00", "2023-04-29", "2023-04-28T21:00:00Z", "UTC+3: the 28th has 23 hours" },
        { "Africa/Cairo", "00:00", "2023-10-26", "2023-10-25T21:00:00Z", "UTC+3" },
        { "Africa/Cairo", "00:00", "2023-10-27", "2023-10-26T22:00:00Z", "at midnight the clock goes back to 23:00 before it ever shows 00:00 of the 27th" },

        // At one minute past midnight the clock goes back to 23:01: the 29th has begun by then, and stays.
        { "America/St_Johns", "00:00", "2006-10-29", "2006-10-29T02:30:00Z", "UTC-2:30, for a minute" },
        { "America/St_Johns", "00:00", "2006-10-30", "2006-10-30T03:30:00Z", "UTC-3:30" },
    };

    [Theory]
    [MemberData(nameof(Days))]
    public void A_day_begins_there_and_not_a_tick_before(string zone, string dayStartsAt, string day, string beginsAt, string because)
    {
        Assert.NotEmpty(because);
        var calendar = Of(zone, dayStartsAt, Repeats.Daily);
        var (date, instant) = (DateOnly.Parse(day), DateTimeOffset.Parse(beginsAt));

        Assert.Equal(instant, calendar.StartOfDay(date));
        Assert.True(calendar.DayOf(instant) >= date);
        Assert.True(calendar.DayOf(instant.AddTicks(-1)) < date);
    }

    [Fact]
    public void A_skipped_date_is_no_instants_day_and_no_window()
    {
        var calendar = Of("Pacific/Apia", "00:00", Repeats.Daily);
        var jump = DateTimeOffset.Parse("2011-12-30T10:00:00Z");

        Assert.Equal(new DateOnly(2011, 12, 29), calendar.DayOf(jump.AddTicks(-1)));
        Assert.Equal(new DateOnly(2011, 12, 31), calendar.DayOf(jump));
        Assert.Null(calendar.WindowAt(new DateOnly(2011, 12, 30)));
        Assert.Equal(
            [new DateOnly(2011, 12, 29), new DateOnly(2011, 12, 31)],
            calendar.WindowsBetween(jump.AddHours(-2), jump.AddHours(2)).Select(window => window.Key));
    }

    [Fact]
    public void A_day_that_has_begun_stays_when_the_clock_goes_back_before_it()
    {
        var calendar = Of("America/St_Johns", "00:00", Repeats.Daily);

        // The wall shows 23:30 of the 28th, for the second time that night.
        Assert.Equal(new DateOnly(2006, 10, 29), calendar.DayOf(DateTimeOffset.Parse("2006-10-29T03:00:00Z")));
    }

    public static TheoryData<Repeats, string, string, string, string> CutWindows => new()
    {
        // Wednesday 2026-07-15 12:00 to Wednesday 2026-08-05 12:00 in Seoul, days from 05:00
        { Repeats.Once, "2026-07-20T00:00:00Z", "2000-01-01", "2026-07-15T03:00:00Z", "2026-08-05T03:00:00Z" },
        { Repeats.Daily, "2026-07-15T03:00:00Z", "2026-07-15", "2026-07-15T03:00:00Z", "2026-07-15T20:00:00Z" },
        { Repeats.Daily, "2026-07-15T20:00:00Z", "2026-07-16", "2026-07-15T20:00:00Z", "2026-07-16T20:00:00Z" },
        { Repeats.Daily, "2026-08-05T02:59:59Z", "2026-08-05", "2026-08-04T20:00:00Z", "2026-08-05T03:00:00Z" },
        { Repeats.Weekly, "2026-07-19T19:59:59Z", "2026-07-13", "2026-07-15T03:00:00Z", "2026-07-19T20:00:00Z" },
        { Repeats.Weekly, "2026-07-19T20:00:00Z", "2026-07-20", "2026-07-19T20:00:00Z", "2026-07-26T20:00:00Z" },
        { Repeats.Weekly, "2026-08-03T00:00:00Z", "2026-08-03", "2026-08-02T20:00:00Z", "2026-08-05T03:00:00Z" },
        { Repeats.Monthly, "2026-07-31T19:59:59Z", "2026-07-01", "2026-07-15T03:00:00Z", "2026-07-31T20:00:00Z" },
        { Repeats.Monthly, "2026-07-31T20:00:00Z", "2026-08-01", "2026-07-31T20:00:00Z", "2026-08-05T03:00:00Z" },
    };

    [Theory]
    [MemberData(nameof(CutWindows))]
    public void Windows_are_cut_to_the_period_and_keep_the_key_of_their_uncut_start(Repeats repeats, string at, string key, string start, string end)
    {
        var calendar = new Calendar(
            DateTimeOffset.Parse("2026-07-15T12:00:00+09:00"), DateTimeOffset.Parse("2026-08-05T12:00:00+09:00"),
            TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul"), new TimeOnly(5, 0), repeats);
        var expected = new Window(DateOnly.Parse(key), DateTimeOffset.Parse(start), DateTimeOffset.Parse(end));

        Assert.Equal(expected, calendar.WindowOf(DateTimeOffset.Parse(at)));
        Assert.Equal(expected, calendar.WindowAt(expected.Key));
    }

    [Theory]
    [InlineData(Repeats.Once, "2026-07-15")]
    [InlineData(Repeats.Daily, "2026-07-14")]
    [InlineData(Repeats.Daily, "2026-08-06")]
    [InlineData(Repeats.Weekly, "2026-07-21")]
    [InlineData(Repeats.Weekly, "2026-07-06")]
    [InlineData(Repeats.Monthly, "2026-07-15")]
    [InlineData(Repeats.Monthly, "2026-06-01")]
    [InlineData(Repeats.Monthly, "0001-01-01")]
    [InlineData(Repeats.Daily, "9999-12-31")]
    public void A_date_that_no_window_begins_at_is_no_key(Repeats repeats, string key)
    {
        var calendar = new Calendar(
            DateTimeOffset.Parse("2026-07-15T12:00:00+09:00"), DateTimeOffset.Parse("2026-08-05T12:00:00+09:00"),
            TimeZoneInfo.FindSystemTimeZoneById("Asia/Seoul"), new TimeOnly(5, 0), repeats);

        Assert.Null(calendar.WindowAt(DateOnly.Parse(key)));
    }

    private static Calendar Of(string zone, string dayStartsAt, Repeats repeats) => new(
        new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero),
        TimeZoneInfo.FindSystemTimeZoneById(zone), TimeOnly.Parse(dayStartsAt), repeats);
}

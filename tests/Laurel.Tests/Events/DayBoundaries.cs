using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

/// <summary>The instants at which a day of an event begins, worked out by hand; and what is stored on both sides of them.</summary>
public sealed class DayBoundaries(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Theory]
    [InlineData("Asia/Seoul", "05:00", "2026-03-10T20:00:00Z")]
    // 02:30 is jumped over: the day begins when the clock has jumped, at 03:00 EDT.
    [InlineData("America/New_York", "02:30", "2026-03-08T07:00:00Z")]
    // 01:30 comes twice: the day begins the first time, in EDT.
    [InlineData("America/New_York", "01:30", "2026-11-01T05:30:00Z")]
    // Half an hour of summer time: 01:45 comes twice, 02:15 is jumped over.
    [InlineData("Australia/Lord_Howe", "01:45", "2026-04-04T14:45:00Z")]
    [InlineData("Australia/Lord_Howe", "02:15", "2026-10-03T15:30:00Z")]
    // From the 29th straight to the 31st of December.
    [InlineData("Pacific/Apia", "00:00", "2011-12-30T10:00:00Z")]
    // Midnight is jumped over.
    [InlineData("Africa/Cairo", "00:00", "2023-04-27T22:00:00Z")]
    [InlineData("Asia/Kathmandu", "00:00", "2026-03-10T18:15:00Z")]
    public async Task Before_and_after_are_two_days_and_two_windows(string zone, string dayStartsAt, string boundary)
    {
        var begins = DateTimeOffset.Parse(boundary, null);
        app.Clock.Advance(begins.AddHours(2) - app.Clock.GetUtcNow());
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var draft = app.Draft(Goal.Attendance(2, "visit")) with
        {
            StartsAt = begins.AddDays(-3),
            EndsAt = begins.AddDays(3),
            TimeZone = zone,
            DayStartsAt = dayStartsAt,
        };
        var once = await @operator.Runs(draft);
        var daily = await @operator.Runs(draft with { Repeats = "daily", Condition = Goal.Count("visit", 1) });
        var (across, after) = (Playing.NewUser(), Playing.NewUser());

        Assert.All(
            (await app.GameServer().Reports(
                Playing.Did(across, "visit", begins.AddMilliseconds(-1)), Playing.Did(across, "visit", begins),
                Playing.Did(after, "visit", begins), Playing.Did(after, "visit", begins.AddHours(1)))).Outcomes(),
            outcome => Assert.Equal("accepted", outcome));

        Assert.Equal(1, await Rows(once, across, met: 1));
        Assert.Equal(0, await Rows(once, after, met: 1));
        Assert.Equal(2, await Rows(daily, across, met: 1 | 2));
        Assert.Equal(1, await Rows(daily, after, met: 1 | 2));
    }

    private async Task<long> Rows(string @event, string user, long met) => await app.Events.QueryOne(
        "SELECT count(*) FROM progress WHERE event_id = $1 AND user_id = $2 AND met & $3 <> 0",
        row => row.GetInt64(0),
        [Guid.Parse(@event), user, met],
        TestContext.Current.CancellationToken);
}

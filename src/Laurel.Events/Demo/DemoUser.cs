using Laurel.Events.Activities;

namespace Laurel.Events.Demo;

/// <summary>How somebody plays.</summary>
/// <param name="Weekday">How likely on a day of the week.</param>
/// <param name="Weekend">How likely on a Saturday or Sunday.</param>
/// <param name="Sessions">How many a day at most.</param>
/// <param name="Minutes">How long one is at most.</param>
/// <param name="Stays">How likely they stay to the end; else they leave in the middle of it.</param>
internal sealed record DemoHabit(double Weekday, double Weekend, int Sessions, int Minutes, double Stays)
{
    private static readonly DemoHabit Heavy = new(0.96, 0.98, 3, 90, 1);
    private static readonly DemoHabit Regular = new(0.6, 0.8, 2, 50, 0.9);
    private static readonly DemoHabit Light = new(0.14, 0.32, 1, 35, 0.7);
    private static readonly DemoHabit Curious = new(0.4, 0.4, 1, 20, 0);

    /// <summary>Good in every way but one day in seven: some goals are met, some nearly.</summary>
    public static readonly DemoHabit Shown = new(0.86, 0.86, 2, 60, 1);

    public static DemoHabit Drawn(ref Chance chance) => chance.Part() switch
    {
        < 0.06 => Heavy,
        < 0.30 => Regular,
        < 0.85 => Light,
        _ => Curious,
    };
}

/// <summary>
/// One user of the demo. What they do on a day comes of who they are and the day alone, so it is the same whenever it is worked out.
/// </summary>
internal sealed class DemoUser
{
    private const int Seed = 20_26;

    private static readonly (string Zone, double Share)[] Zones =
    [
        ("Asia/Seoul", 0.45), ("Asia/Tokyo", 0.6), ("America/New_York", 0.78), ("America/Sao_Paulo", 0.87), ("Europe/Berlin", 1),
    ];

    private readonly int _number;
    private readonly DemoHabit _habit;
    private readonly TimeZoneInfo _zone;
    private readonly (DateOnly Joined, DateOnly Sure, DateOnly Left) _there;
    private readonly TimeOnly _evening;
    private readonly double _skill;

    private DemoUser(string id, int number, DemoHabit habit, string zone, (DateOnly Joined, DateOnly Sure, DateOnly Left) there, TimeOnly evening, double skill)
    {
        (Id, _number, _habit, _there, _evening, _skill) = (id, number, habit, there, evening, skill);
        _zone = TimeZoneInfo.FindSystemTimeZoneById(zone);
    }

    public string Id { get; }

    /// <summary>The one that somebody will sign in as: was there all the time, plays until the last moment, is not the best.</summary>
    public static DemoUser Shown(DemoPlan plan)
    {
        var zone = "Asia/Seoul";
        var last = TimeZoneInfo.ConvertTime(plan.Until, TimeZoneInfo.FindSystemTimeZoneById(zone)).AddHours(-3);
        return new DemoUser(plan.PlayerId.ToString(), 0, DemoHabit.Shown, zone, (DateOnly.MinValue, DateOnly.MinValue, DateOnly.MaxValue), TimeOnly.FromTimeSpan(last.TimeOfDay), 0.62);
    }

    public static DemoUser Numbered(int number, DemoPlan plan)
    {
        var chance = Chance.Of(Seed, number);
        var habit = DemoHabit.Drawn(ref chance);
        var zone = chance.Part() is var share ? Zones.First(one => share < one.Share).Zone : "";
        // On this day they play for certain. It is the first for those who come in time; two thirds are there from the beginning.
        var sure = DateOnly.FromDateTime(plan.Since.UtcDateTime).AddDays(chance.Between(1, Math.Max(1, plan.Days - 2)));
        var joined = chance.Is(0.66) ? DateOnly.MinValue : sure;
        var left = chance.Is(habit.Stays) ? DateOnly.MaxValue : sure.AddDays(chance.Between(0, plan.Days / 2));
        var evening = new TimeOnly(18, 0).AddMinutes(chance.Between(0, 270));
        return new DemoUser($"demo-{number:000000}", number, habit, zone, (joined, sure, left), evening, 0.2 + (0.7 * chance.Part()));
    }

    /// <summary>What they do on a day of their zone; the evening may go on past midnight.</summary>
    public IEnumerable<NewActivity> On(DateOnly day)
    {
        var chance = Chance.Of(((long)Seed << 32) + _number, day.DayNumber);
        var isWeekend = day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
        var comes = chance.Is(isWeekend ? _habit.Weekend : _habit.Weekday) || day == _there.Sure;
        if (!comes || day < _there.Joined || day > _there.Left)
            return [];

        var did = new DemoDay(Id, day, _skill, chance);
        var sessions = did.Sessions(_habit.Sessions);
        var start = StartOf(day.ToDateTime(_evening));
        for (var session = 0; session < sessions; session++)
            start = did.Play(start, _habit.Minutes);
        return did.Activities;
    }

    private DateTimeOffset StartOf(DateTime local)
    {
        var start = new DateTimeOffset(local, _zone.GetUtcOffset(local));
        return start.ToUniversalTime();
    }
}

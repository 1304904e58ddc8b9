using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Demo;

/// <summary>What becomes of an event before the demo is looked at.</summary>
internal enum DemoFate
{
    Active,
    Draft,
    SwitchedOff,
}

/// <summary>An event of the demo; the days are counted from the one that the demo ends on.</summary>
internal sealed record DemoEvent(
    string Title,
    string Description,
    string Zone,
    TimeOnly DayStartsAt,
    Repeats Repeats,
    int FirstDay,
    int LastDay,
    Condition Condition,
    params IReadOnlyList<DemoOffer> Offers)
{
    public int ClaimDays { get; init; } = 7;

    public DemoFate Fate { get; init; }

    public NewEventRequest Request(DateTimeOffset until, IReadOnlyDictionary<string, RewardId> rewards) => new()
    {
        Title = Title,
        Description = Description,
        StartsAt = StartOf(FirstDay, until),
        EndsAt = StartOf(LastDay + 1, until),
        TimeZone = Zone,
        DayStartsAt = DayStartsAt,
        Repeats = Repeats,
        ClaimWithinSeconds = ClaimDays * 24L * 3600,
        Condition = Condition,
        Offers =
        [
            .. Offers.Select(offer => new OfferRequest(rewards[offer.Reward], offer.Condition, offer.RequiresApproval, offer.AutoClaim, offer.Stock)),
        ],
    };

    private DateTimeOffset StartOf(int day, DateTimeOffset until)
    {
        var calendar = new Calendar(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, TimeZoneInfo.FindSystemTimeZoneById(Zone), DayStartsAt, Repeats.Daily);
        return calendar.StartOfDay(calendar.DayOf(until).AddDays(day));
    }
}

internal sealed record DemoOffer(string Reward, Condition? Condition = null, bool RequiresApproval = false, bool AutoClaim = false, long? Stock = null);

/// <summary>Events of every kind: all leaves, all repeats, all phases. Lists show them in this order: the first is made last.</summary>
internal static class DemoEvents
{
    /// <summary>How many days before the end the first of them begins.</summary>
    public const int Longest = 28;

    private static readonly TimeOnly Midnight = TimeOnly.MinValue;
    private static readonly TimeOnly Five = new(5, 0);

    public static readonly IReadOnlyList<DemoEvent> All =
    [
        new("Ten evenings in a row", "Check in ten days running; one may be missed.",
            "Asia/Tokyo", Five, Repeats.Once, -13, 10, new Streak(10, Grace: 1),
            new(DemoRewards.Purse),
            new(DemoRewards.Potions, new Streak(5, Grace: 1))),
        new("Attendance book", "A stamp for every day on which you check in; each row of stamps has its reward.",
            "Asia/Seoul", Five, Repeats.Once, -20, 9, new Attendance(21),
            new(DemoRewards.Potions, new Attendance(3)),
            new(DemoRewards.Bronze, new Attendance(7)),
            new(DemoRewards.Purse, new Attendance(14)),
            new(DemoRewards.Gold)),
        new("Daily hunt", "Ten monsters and half an hour of play, every day anew.",
            "Asia/Seoul", Five, Repeats.Daily, -Longest, 60, new All([new Count("monster_hunt", 10), new SessionTime(1_800)]),
            new(DemoRewards.Potions, AutoClaim: true),
            new(DemoRewards.Pocket, new Count("monster_hunt", 5), AutoClaim: true))
        { ClaimDays = 1 },
        new("Guild week", "Two of three: three dungeons on hard or above, 40,000 damage, five maps.",
            "America/New_York", Midnight, Repeats.Weekly, -Longest, 27,
            new AtLeast(2,
            [
                new Count("dungeon_clear", 3, Where("difficulty", new Test(@in: ["hard", "nightmare"]))),
                new Sum("monster_hunt", 40_000),
                new Distinct("monster_hunt", "map", 5),
            ]),
            new(DemoRewards.Bronze),
            new(DemoRewards.Pocket, new Sum("monster_hunt", 15_000))),
        new("Monthly pass", "Twelve hours of play or a purchase of 30,000, each month.",
            "Europe/Berlin", Midnight, Repeats.Monthly, -Longest, 90, new Any([new SessionTime(12 * 3_600), new Sum("purchase", 30_000)]),
            new(DemoRewards.Coffee, Stock: 200),
            new(DemoRewards.Pocket, new SessionTime(2 * 3_600))),
        new("Ranked season", "Your best ranked match counts. The figure is sent by mail, to the first ten whom we have looked at.",
            "Europe/Berlin", Midnight, Repeats.Once, -25, 20, new Max("match_end", 2_400, Equal("mode", "ranked")),
            new(DemoRewards.Figure, RequiresApproval: true, Stock: 10),
            new(DemoRewards.Bronze, new Max("match_end", 1_800, Equal("mode", "ranked"))),
            new(DemoRewards.Pocket, new Max("match_end", 1_200, Equal("mode", "ranked")))),
        new("The sunken library", "Find the library on the sea floor, or bring two friends who look for it.",
            "America/Sao_Paulo", Midnight, Repeats.Once, -10, 20, new Any([new Quest("sunken_library"), new Count("invite_friend", 2)]),
            new DemoOffer(DemoRewards.Keeper)),
        new("Cartographer", "See eight maps on level 20 or above.",
            "America/New_York", Midnight, Repeats.Once, -14, 14, new Distinct("monster_hunt", "map", 8, Where("level", new Test(gte: 20))),
            new(DemoRewards.Purse),
            new(DemoRewards.Potions, new Distinct("monster_hunt", "map", 4, Where("level", new Test(gte: 20))))),
        new("Founders' fortnight", "Twenty matches won in the first two weeks. Over, but you can still claim.",
            "Asia/Seoul", Five, Repeats.Once, -18, -4, new Count("match_end", 20, Equal("result", "win")),
            new(DemoRewards.Founder),
            new(DemoRewards.Bronze, new Count("match_end", 5, Equal("result", "win"))))
        { ClaimDays = 14 },
        new("Harvest weekend", "Dungeons in company, three days long.",
            "Europe/Berlin", Midnight, Repeats.Once, -22, -20, new Count("dungeon_clear", 3),
            new DemoOffer(DemoRewards.Potions))
        { ClaimDays = 3 },
        new("Winter lights", "Light a lamp on ten days.",
            "Asia/Seoul", Five, Repeats.Once, 6, 27, new Attendance(10),
            new(DemoRewards.Gold, Stock: 500),
            new(DemoRewards.Pocket, new Attendance(1))),
        new("New year's race", "Being written: the goal is not agreed upon yet.",
            "Asia/Seoul", Midnight, Repeats.Once, 40, 47, new Sum("monster_hunt", 100_000),
            new DemoOffer(DemoRewards.Gold))
        { Fate = DemoFate.Draft },
        new("Double drops", "Switched off: it gave too much.",
            "America/Sao_Paulo", Midnight, Repeats.Daily, -12, 5, new Count("monster_hunt", 3),
            new DemoOffer(DemoRewards.Gold))
        { Fate = DemoFate.SwitchedOff },
    ];

    private static Where Equal(string attribute, string value) => Rules.Where.Equal(attribute, value);

    private static Where Where(string attribute, Test test) => new(KeyValuePair.Create(attribute, test));
}

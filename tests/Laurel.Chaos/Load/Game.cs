using Laurel.Tests.Support;

namespace Laurel.Chaos.Load;

/// <summary>The events that the load plays, as an operator has defined them.</summary>
/// <param name="Event">The one whose offers are claimed.</param>
/// <param name="Points">An offer of points, without an end of them.</param>
/// <param name="Few">An offer of points of which there are few.</param>
/// <param name="Approved">An offer that somebody has to approve.</param>
/// <param name="Item">An offer of something that the game hands over.</param>
internal sealed record Game(string Event, string Points, string Few, string Approved, string Item)
{
    public const string Hunt = "chaos_hunt";
    public const int HuntsToEarn = 3;
    public const int FewOfThem = 150;

    public static async Task<Game> Define(Api @operator)
    {
        var now = TimeProvider.System.GetUtcNow();
        var draft = new DraftEvent(now.AddDays(-10), now.AddDays(10), Goal.Count(Hunt, HuntsToEarn)) { DayStartsAt = "05:00" };
        var points = await @operator.CreatesReward(new { type = "points", amount = 10 });
        var approved = await @operator.CreatesReward(new { type = "points", amount = 7 });
        var item = await @operator.CreatesReward(new { type = "item", itemId = "sword", name = "A sword", quantity = 1 }, new { type = "points", amount = 2 });
        var few = (await @operator.Post("/v1/rewards", new { name = "Few", contents = new[] { new { type = "points", amount = 5 } }, stock = FewOfThem })).Is(201).Field("id");
        foreach (var watched in (DraftEvent[])
        [
            draft with { Title = "sum by day", Repeats = "daily", Condition = Goal.Sum(Hunt, 30, new { map = 1 }) },
            draft with { Title = "days", Condition = Goal.All(Goal.Attendance(2), Goal.Streak(2, grace: 1)) },
            draft with { Title = "any", TimeZone = "America/New_York", Condition = Goal.Any(Goal.Max(Hunt, 9), Goal.Distinct(Hunt, "map", 3), Goal.SessionTime(300)) },
        ])
        {
            await @operator.Runs(watched);
        }

        var id = await @operator.Runs(draft with
        {
            Title = "claimed",
            Offers = [new { rewardId = points }, new { rewardId = few }, new { rewardId = approved, requiresApproval = true }, new { rewardId = item }],
        });
        var offers = (await @operator.Get($"/v1/events/{id}")).Is(200).Json["offers"]!.AsArray()
            .ToDictionary(offer => offer!["rewardId"]!.GetValue<string>(), offer => offer!["id"]!.GetValue<string>(), StringComparer.Ordinal);
        return new Game(id, offers[points], offers[few], offers[approved], offers[item]);
    }
}

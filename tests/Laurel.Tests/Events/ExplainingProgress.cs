using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

/// <summary>Staff see which of a user's activities counted, and why others did not.</summary>
public sealed class ExplainingProgress(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task Each_activity_says_what_it_counted_for_or_why_it_did_not()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var reward = await @operator.CreatesReward();
        var id = await @operator.Runs(new DraftEvent(Now.AddHours(-20), Now.AddDays(3), Goal.All(Goal.Count("hunt", 2, new { map = 7 }), Goal.Attendance(1)))
        {
            // So that it is not midnight between two check-ins.
            TimeZone = "UTC",
            DayStartsAt = Now.Hour < 12 ? "18:00" : "06:00",
            Offers = [new { rewardId = reward, condition = Goal.Max("hunt", 50) }],
        });
        var offer = (await @operator.Get($"/v1/events/{id}")).Json["offers"]![0]!["id"]!.GetValue<string>();
        var me = Playing.NewUser();
        await @operator.Settles(id);
        (await app.GameServer().Reports(
            Playing.Did(me, "hunt", Now.AddHours(-21), "early", value: 99, attributes: new { map = 7 }),
            Playing.Did(me, "hunt", Now.AddHours(-3), "first", value: 60, attributes: new { map = 7 }),
            Playing.Did(me, "hunt", Now.AddHours(-2), "elsewhere", value: 10, attributes: new { map = 8 }),
            Playing.Did(me, "hunt", Now.AddHours(-1), "taken back", value: 70, attributes: new { map = 7 }),
            Playing.Did(me, "fish", Now.AddMinutes(-30), "fish"),
            Playing.Did(me, "check_in", Now.AddMinutes(-20), "here"),
            Playing.Did(me, "check_in", Now.AddMinutes(-19), "here again"))).Is(200);
        await app.Events.Execute("UPDATE activities SET void_id = gen_random_uuid() WHERE user_id = $1 AND id = 'taken back'", [me], TestContext.Current.CancellationToken);

        var auditor = (await app.SignedIn(Role.Auditor)).Api;
        var explained = (await auditor.Get($"/v1/users/{me}/progress/{id}/explain")).Is(200).Json;

        Assert.Equal(
            [
                "here again: of[1] day_already_counted",
                "here: counted of[1] counted",
                "fish: type_not_measured",
                "taken back: voided",
                "elsewhere: of[0] where_not_met map, offer not_largest",
                "first: counted of[0] counted, offer counted",
                "early: outside_period",
            ],
            explained["items"]!.AsArray().Select(item => Told(item!, offer)));
        Assert.Equal(1, explained.Current("condition.of[0]"));
        Assert.False(explained["met"]!.GetValue<bool>());
        Assert.True(explained["offers"]![0]!["met"]!.GetValue<bool>());
        // The fold had counted what was taken back beside Laurel.
        Assert.Equal("different", explained["stored"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_the_activities_come_to_is_compared_with_what_is_stored()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("climb", 2)));
        await @operator.Settles(id);
        var me = Playing.NewUser();
        Assert.Equal("equal", await Stored(@operator, me, id));
        await app.GameServer().Reports(Playing.Did(me, "climb", Now), Playing.Did(me, "climb", Now));
        Assert.Equal("equal", await Stored(@operator, me, id));

        await Change("UPDATE progress SET met = 0 WHERE user_id = $1", me);
        Assert.Equal("different", await Stored(@operator, me, id));
        await Change("UPDATE progress SET epoch = 0 WHERE user_id = $1", me);
        Assert.Equal("catching_up", await Stored(@operator, me, id));
        await Change("DELETE FROM progress WHERE user_id = $1", me);
        Assert.Equal("different", await Stored(@operator, me, id));

        (await @operator.SwitchesOff(id)).Is(200);
        Assert.Equal("not_counted", await Stored(@operator, me, id));
    }

    [Fact]
    public async Task A_long_history_is_paged_and_each_page_knows_what_was_before_it()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Max("jump", 10)));
        var me = Playing.NewUser();
        // Two of each, at the same moment: the place in the list is by time, then by id.
        await app.GameServer().Reports([.. Enumerable.Range(0, 50).Select(at => Playing.Did(me, "jump", Now.AddMinutes(at / 2 - 60), $"{at:00}", value: 1 + (at % 2)))]);

        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = (await @operator.Get($"/v1/users/{me}/progress/{id}/explain?limit=7{cursor}")).Is(200).Json;
            Assert.Equal(2, page.Current());
            seen.AddRange(page["items"]!.AsArray().Select(item => $"{item!["id"]} {item["leaves"]![0]!["outcome"]}"));
            cursor = page["nextCursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);

        Assert.Equal(
            Enumerable.Range(0, 50).Reverse().Select(at => $"{at:00} {(at < 2 ? "counted" : "not_largest")}"), seen);
    }

    [Fact]
    public async Task Of_an_event_that_repeats_one_window_is_explained_and_its_neighbours_say_so()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(new DraftEvent(Now.AddDays(-5), Now.AddDays(5), Goal.Count("swim", 1)) { TimeZone = "UTC", Repeats = "daily" });
        var me = Playing.NewUser();
        var yesterday = new DateTimeOffset(Now.UtcDateTime.Date.AddHours(-1), TimeSpan.Zero);
        await app.GameServer().Reports(Playing.Did(me, "swim", yesterday, "late"), Playing.Did(me, "swim", yesterday.AddHours(-30), "long ago"));

        var today = (await @operator.Get($"/v1/users/{me}/progress/{id}/explain")).Is(200).Json;
        Assert.Equal(["late: outside_window"], today["items"]!.AsArray().Select(item => Told(item!, "")));
        Assert.Equal(0, today.Current());

        var then = (await @operator.Get($"/v1/users/{me}/progress/{id}/explain?window={yesterday:yyyy-MM-dd}")).Is(200).Json;
        Assert.Equal(["late: counted condition counted", "long ago: outside_window"], then["items"]!.AsArray().Select(item => Told(item!, "")));
        (await @operator.Get($"/v1/users/{me}/progress/{id}/explain?window=2001-01-01")).Refused(404, "not_found");
        (await @operator.Get($"/v1/users/{me}/progress/{id}/explain?window=monday")).Refused(400, "bad_query");
    }

    [Theory]
    [InlineData("50% of/all? #1 + 2")]
    [InlineData("a%2Fb")]
    [InlineData("미나 🌱")]
    [InlineData("explain")]
    public async Task A_users_id_is_any_text(string user)
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("sing", 1)));
        (await app.GameServer().Reports(Playing.Did(user, "sing", Now))).Is(200);

        var explained = (await @operator.Get($"/v1/users/{Uri.EscapeDataString(user)}/progress/{id}/explain")).Is(200).Json;

        Assert.Equal(user, explained["userId"]!.GetValue<string>());
        Assert.True(explained["met"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Who_cannot_exist_is_not_there()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (draft, id) = (await @operator.Creates(app.Draft()), await @operator.Runs(app.Draft()));

        (await @operator.Get($"/v1/users/{new string('a', 128)}/progress/{id}/explain")).Is(200);
        (await @operator.Get($"/v1/users/{new string('a', 129)}/progress/{id}/explain")).Refused(404, "not_found");
        (await @operator.Get($"/v1/users/a%07b/progress/{id}/explain")).Refused(404, "not_found");
        (await @operator.Get($"/v1/users/somebody/progress/{draft}/explain")).Refused(404, "not_found");
        (await @operator.Get($"/v1/users/somebody/progress/{Guid.Empty}/explain")).Refused(404, "not_found");
        (await (await app.SignedIn()).Api.Get($"/v1/users/somebody/progress/{id}/explain")).Refused(403, "forbidden");
    }

    private static async Task<string> Stored(Api staff, string user, string id) =>
        (await staff.Get($"/v1/users/{user}/progress/{id}/explain")).Is(200).Field("stored");

    private Task<int> Change(string statement, string user) => app.Events.Execute(statement, [user], TestContext.Current.CancellationToken);

    private static string Told(JsonNode item, string offer)
    {
        var leaves = item["leaves"]!.AsArray().Select(leaf =>
            $"{(leaf!["offerId"]?.GetValue<string>() == offer ? "offer" : leaf["path"]!.GetValue<string>().Replace("condition.", "", StringComparison.Ordinal))} {leaf["outcome"]} {leaf["attribute"]}".Trim());
        return $"{item["id"]}: {(item["counted"]!.GetValue<bool>() ? "counted " : "")}{item["reason"]}{string.Join(", ", leaves)}";
    }
}

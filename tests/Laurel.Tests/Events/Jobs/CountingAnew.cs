using Laurel.Events.Jobs;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Jobs;

/// <summary>Progress is counted anew in the background: when an event is activated late or again, when what it measures or asks for changes.</summary>
public sealed class CountingAnew(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task What_users_did_before_an_event_was_activated_counts()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var users = Enumerable.Range(0, 60).Select(_ => Playing.NewUser()).ToList();
        foreach (var user in users)
            await app.GameServer().Reports(Playing.Did(user, "late", Now), Playing.Did(user, "late", Now.AddHours(-2)));
        await app.GameServer().Reports(Playing.Did(users[0], "late", Now));

        var id = await @operator.Runs(app.Draft(Goal.Count("late", 3)));
        var job = Assert.Single(await @operator.Jobs(id));

        Assert.Equal("done", job.Status());
        Assert.Equal(("catch_up", 1, 0), ((string?)job["kind"], (int?)job["epoch"], (int?)job["toGo"]));
        Assert.True(job["done"]!.GetValue<int>() >= users.Count);
        Assert.Equal((60, 1, 0), ((int?)job["result"]!["participants"], (int?)job["result"]!["gained"]!["count"], (int?)job["result"]!["lost"]!["count"]));
        Assert.Equal(users[0], (string?)job["result"]!["gained"]!["users"]![0]!["userId"]);
        Assert.Equal(60, await Rows(id, epoch: 1));
        Assert.False((await @operator.Get($"/v1/events/{id}")).Is(200).Json["catchingUp"]!.GetValue<bool>());
        var change = Assert.Single((await @operator.Get($"/v1/jobs/{job["id"]}/changes")).Is(200).Json["items"]!.AsArray())!;
        Assert.Equal((users[0], true, false), ((string?)change["userId"], (bool?)change["gainedCondition"], (bool?)change["lostCondition"]));
        Assert.Single(change["gainedOffers"]!.AsArray());
    }

    [Fact]
    public async Task New_goals_are_judged_by_what_was_reached()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (weak, strong) = (Playing.NewUser(), Playing.NewUser());
        var id = await @operator.Runs(app.Draft(Goal.Sum("lift", 50)));
        await app.GameServer().Reports(Playing.Did(weak, "lift", Now, value: 20), Playing.Did(strong, "lift", Now, value: 60));

        (await @operator.Patches($"/v1/events/{id}", new { condition = Goal.Sum("lift", 10) })).Is(200);
        (await @operator.Jobs(id))[^1].Is("rejudge", "done", gained: 1, lost: 0);
        (await @operator.Patches($"/v1/events/{id}", new { condition = Goal.Sum("lift", 40) })).Is(200);
        (await @operator.Jobs(id))[^1].Is("rejudge", "done", gained: 0, lost: 1);

        Assert.Equal(2, await Rows(id, epoch: 1));
    }

    [Fact]
    public async Task When_something_else_is_measured_all_is_counted_anew()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (swimmer, runner) = (Playing.NewUser(), Playing.NewUser());
        var id = await @operator.Runs(app.Draft(Goal.Count("swim", 1)));
        await app.GameServer().Reports(Playing.Did(swimmer, "swim", Now), Playing.Did(runner, "run", Now));

        (await @operator.Patches($"/v1/events/{id}", new { condition = Goal.Count("run", 1) })).Is(200);
        (await @operator.Jobs(id))[^1].Is("catch_up", "done", gained: 1, lost: 1);
        Assert.Equal(2, await Rows(id, epoch: 2));
        (await @operator.SwitchesOff(id)).Is(200);
        await app.GameServer().Reports(Playing.Did(swimmer, "run", Now));
        (await @operator.Activates(id)).Is(200);
        (await @operator.Jobs(id))[^1].Is("catch_up", "done", gained: 1, lost: 0);
    }

    [Fact]
    public async Task Whoever_has_done_very_much_is_read_in_pages()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        await app.Events.Execute(
            $"""
            INSERT INTO activities (generation, user_id, id, type, occurred_at)
            SELECT 1, 'busy-' || i / {2 * UserHistory.RowsAtOnce}, 'a' || i, CASE WHEN i % 2 = 0 THEN 'page' ELSE 'else' END, now()
            FROM generate_series(0, {(5 * UserHistory.RowsAtOnce) - 1}) AS i
            """,
            [], TestContext.Current.CancellationToken);

        var id = await @operator.Runs(app.Draft(Goal.Count("page", UserHistory.RowsAtOnce)));
        var job = Assert.Single(await @operator.Jobs(id));
        job.Is("catch_up", "done", gained: 2, lost: 0);
        foreach (var (user, pages) in new[] { ("busy-0", 1.0), ("busy-1", 1.0), ("busy-2", 0.5) })
        {
            var explained = (await @operator.Get($"/v1/users/{user}/progress/{id}/explain")).Is(200).Json;
            Assert.Equal(pages * UserHistory.RowsAtOnce, explained["leaves"]![0]!["current"]!.GetValue<long>());
        }
    }

    private async Task<long> Rows(string id, int epoch) => await app.Events.QueryOne(
        "SELECT count(*) FROM progress WHERE event_id = $1 AND epoch = $2", row => row.GetInt64(0), [Guid.Parse(id), epoch], TestContext.Current.CancellationToken);
}

using System.Text.Json.Nodes;
using Laurel.Events.Jobs;
using Laurel.Events.Voids;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Jobs;

/// <summary>A process dies in the middle of a job; another one goes on from where the last whole batch ended.</summary>
public sealed class Interrupted(TestPostgres postgres)
{
    private const int Users = 400;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_catch_up_goes_on_elsewhere()
    {
        await using var shared = await SharedDatabases.Create(postgres);
        await using var mortal = await shared.Serve();
        var token = await SharedDatabases.SignIn(mortal);
        await Report(mortal.Api.As(token), "a");
        var id = await mortal.Api.As(token).Creates(new DraftEvent(Now.AddDays(-10), Now.AddDays(10), Goal.All(Goal.Count("hunt", 3), Goal.Max("hunt", 6))));

        // The job comes as far as this user, and stands.
        await using var row = await shared.Events.Hold($"INSERT INTO progress VALUES (now(), 0, 1, 1, '2000-01-01', '{id}', '{User(250)}', '')");
        (await mortal.Api.As(token).Activates(id)).Is(200);
        var job = await Dies(shared, mortal, "catch_up");
        await row.RollbackAsync(Cancellation);

        await using var other = await shared.Serve();
        await Report(other.Api.As(token), "b");
        var ended = await other.Api.As(token).Job($"/v1/jobs/{job}");
        ended.Is("catch_up", "done", gained: Users / 2, lost: 0);
        Assert.Equal((Users, 0), ((int?)ended["result"]!["participants"], (int?)ended["toGo"]));
        await shared.AreRight("after a catch-up");
    }

    [Fact]
    public async Task A_void_goes_on_elsewhere()
    {
        await using var shared = await SharedDatabases.Create(postgres);
        await using var mortal = await shared.Serve();
        var token = await SharedDatabases.SignIn(mortal);
        var id = await mortal.Api.As(token).Runs(new DraftEvent(Now.AddDays(-10), Now.AddDays(10), Goal.All(Goal.Count("hunt", 3), Goal.Max("hunt", 6))));
        await mortal.Api.As(token).Settles(id);
        await Report(mortal.Api.As(token), "a");
        var (source, to) = await shared.Events.QueryOne(
            "SELECT source, max(received_at) + interval '1 ms' FROM activities WHERE type = 'hunt' GROUP BY source",
            reader => (reader.GetGuid(0), reader.Time(1)), [], Cancellation);

        await using var row = await shared.Events.Hold("SELECT FROM progress WHERE user_id = $1 FOR UPDATE", [User(250)]);
        (await mortal.Api.As(token).Post("/v1/activities/void", new { reason = "All of it", source, from = to.AddDays(-1), to })).Is(202);
        var job = await Dies(shared, mortal, "void");
        await row.RollbackAsync(Cancellation);

        await using var other = await shared.Serve();
        await Report(other.Api.As(token), "b");
        var ended = await other.Api.As(token).Job($"/v1/jobs/{job}");
        ended.Is("void", "done", gained: 0, lost: Users / 2);
        Assert.Equal((3 * Users, Users), ((int?)ended["result"]!["activities"], (int?)ended["result"]!["users"]));
        await shared.AreRight("after a void");
    }

    /// <summary>It is killed where it takes the points, at its very end; whoever goes on takes them once.</summary>
    [Fact]
    public async Task An_erasure_goes_on_elsewhere()
    {
        const string Erased = "user-001";
        await using var shared = await SharedDatabases.Create(postgres);
        await using var mortal = await shared.Serve();
        var token = await SharedDatabases.SignIn(mortal);
        await mortal.Api.As(token).Runs(new DraftEvent(Now.AddDays(-10), Now.AddDays(10), Goal.Count("hunt", 1, new { with = "a bow" })));
        (await mortal.Api.As(token).Reports(Playing.Did(Erased, "hunt", Now, attributes: new { with = "a bow" }))).Is(200);
        (await mortal.Api.As(token).Send(HttpMethod.Post, "/v1/points/credits", Api.Json(new { userId = Erased, amount = 30 }), ("Idempotency-Key", "thirty"))).Is(201);

        await using var row = await shared.Events.Hold("SELECT FROM balances WHERE user_id = $1 FOR UPDATE", [Erased]);
        var job = (await mortal.Api.As(token).Erases(Erased)).Is(202).Field("id");
        await Eventually.True(async () => await shared.Events.Waiting("UPDATE balances%") == 1);
        await mortal.Kill();
        await shared.Events.Execute("UPDATE jobs SET free_at = now() WHERE id = $1", [Guid.Parse(job)], Cancellation);
        await row.RollbackAsync(Cancellation);

        await using var other = await shared.Serve();
        var ended = await other.Api.As(token).Job($"/v1/jobs/{job}");
        ended.Is("erasure", "done", gained: 0, lost: 1);
        Assert.Equal((1, 30), ((int?)ended["result"]!["activities"], (int?)ended["result"]!["points"]));
        Assert.Equal((1, 0), await shared.Events.QueryOne(
            "SELECT (SELECT count(*) FROM transfers WHERE kind = 'forfeit'), balance FROM balances",
            told => (told.GetInt64(0), told.GetInt64(1)), [], Cancellation));
        await shared.AreRight("after an erasure");
    }

    /// <summary>Three each; what they did with "b" is less than with "a".</summary>
    private static async Task Report(Api server, string id)
    {
        foreach (var users in Enumerable.Range(0, Users).Chunk(200))
        {
            (await server.Reports([.. users.SelectMany(user => Enumerable.Range(0, 3)
                .Select(at => Playing.Did(User(user), "hunt", Now.AddDays(-at), $"{id}{at}", id == "a" ? 3 + (user % 2 * 4) : 2)))])).Is(200);
        }
    }

    private static string User(int number) => $"user-{number:000}";

    /// <summary>Kills the process when it has done a part of the job and stands in the middle of the next. Its lease runs out at once.</summary>
    private static async Task<Guid> Dies(SharedDatabases shared, LaurelProcess mortal, string kind)
    {
        await Eventually.True(async () => await shared.Events.WaitingToFold() == 1);
        await mortal.Kill();
        var (job, done) = await shared.Events.QueryOne(
            "UPDATE jobs SET free_at = now() WHERE kind = $1 AND status = 'running' RETURNING id, done", row => (row.GetGuid(0), row.GetInt64(1)), [kind], Cancellation);
        Assert.InRange(done, 1, 250);
        return job;
    }
}

/// <summary>Somebody who was thought dead comes back, and finds that the job is another's now.</summary>
public sealed class Late(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_comes_back_commits_nothing()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        await app.LoginsCounted();
        await app.StopsWorking();
        var now = app.Clock.GetUtcNow();
        (await app.GameServer().Reports(Playing.Did("user-a", "swim", now, "best", 10), Playing.Did("user-b", "swim", now, "other", 7))).Is(200);
        var id = await @operator.Runs(app.Draft(Goal.Max("swim", 5)));
        await LosesIt(JobKind.CatchUp, $"INSERT INTO progress VALUES (now(), 0, 1, 1, '2000-01-01', '{id}', 'user-a', '')");

        (await @operator.Post("/v1/activities/void", new { reason = "Wrong", activities = new[] { new { userId = "user-a", id = "best" } } })).Is(202);
        var done = await LosesIt(JobKind.Void, "SELECT FROM progress WHERE user_id = 'user-a' FOR UPDATE");
        Assert.Equal((1, 1), ((int?)JsonNode.Parse(done.Result!)!["activities"], (int?)JsonNode.Parse(done.Result!)!["lost"]!["count"]));
        (await @operator.Patches($"/v1/events/{id}", new { condition = Goal.Max("swim", 8) })).Is(200);
        await LosesIt(JobKind.Rejudge, "SELECT FROM progress WHERE user_id = 'user-b' FOR UPDATE");
        (await app.GameServer().Reports(Playing.Did("user-c", "swim", now, "marked", 9, new { lake = "deep" }))).Is(200);
        (await app.Registrar().Erases("user-c")).Is(202);
        await LosesIt(JobKind.Erasure, "SELECT FROM progress WHERE user_id = 'user-c' FOR UPDATE");
        Assert.Empty(await ProgressAudit.Differences(app.Events, Cancellation));
    }

    /// <summary>All of it is one user's, so there is nothing to be had from taking fewer users.</summary>
    [Fact]
    public async Task A_void_whose_batch_has_failed_takes_fewer_activities_at_once()
    {
        var (@operator, user) = (app.Somebody(Role.Operator), Playing.NewUser());
        await app.StopsWorking();
        var ids = Enumerable.Range(0, 100).Select(at => $"{at}").ToList();
        (await app.GameServer().Reports([.. ids.Select(id => Playing.Did(user, "row", app.Clock.GetUtcNow(), id))])).Is(200);
        (await @operator.Post("/v1/activities/void", new { reason = "Wrong", activities = ids.Select(id => new { userId = user, id }) })).Is(202);
        var works = app.Services.GetServices<VoidWork>().ToList();
        var usual = works[0].ActivitiesAtOnce;
        works.ForEach(work => work.ActivitiesAtOnce = 64);

        var job = await app.Steps(await app.Takes(JobKind.Void));
        job = await app.Steps(job with { Attempts = 1, Delays = 1 });
        works.ForEach(work => work.ActivitiesAtOnce = usual);
        Assert.Equal(4, await app.Events.QueryOne(
            "SELECT count(*) FROM activities WHERE user_id = $1 AND void_id IS NOT NULL", row => row.GetInt64(0), [user], Cancellation));
        Assert.Equal(100, (int?)JsonNode.Parse((await app.WorksOn(job)).Result!)!["activities"]);
    }

    /// <summary>One stands in the middle of a batch until its lease has run out and another has the job.</summary>
    private async Task<Job> LosesIt(JobKind kind, string hold)
    {
        await using var held = await app.Events.Hold(hold);
        var late = app.WorksOn(kind);
        await Eventually.True(async () => late.IsFaulted || await app.Events.WaitingToFold() == 1);

        await app.Events.Execute("UPDATE jobs SET free_at = now() WHERE status = 'running'", [], Cancellation);
        var job = await app.Takes(kind);
        var before = await Stored();
        await held.RollbackAsync(Cancellation);
        await Assert.ThrowsAsync<LeaseLostException>(() => late);
        Assert.Equal(before, await Stored());

        job = await app.WorksOn(job);
        Assert.Equal(JobStatus.Done, job.Status);
        return job;
    }

    private Task<List<string>> Stored() => app.Events.Query(
        """
        SELECT user_id || ' ' || version || ' ' || met || ' ' || encode(state, 'hex') FROM progress
        UNION ALL
        SELECT user_id || ' ' || id || ' ' || COALESCE(void_id::text, '') FROM activities
        UNION ALL
        SELECT user_id || ' ' || gained || ' ' || lost FROM job_changes
        ORDER BY 1
        """,
        row => row.GetString(0), [], Cancellation);
}

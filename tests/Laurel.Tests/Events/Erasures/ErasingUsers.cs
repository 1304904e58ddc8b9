using Laurel.Events.Erasures;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Erasures;

/// <summary>Whoever keeps the accounts asks for it, as often as they like.</summary>
public sealed class ErasingUsers(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly Api _shop = app.Anonymous.As(app.ServiceToken(Scopes.PointsWrite));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asked_for_again_it_changes_nothing()
    {
        var (user, erasure) = (Playing.NewUser(), Playing.NewPerson());
        await Credits(user, 30);
        var first = await app.Registrar().Erases(user, erasure);
        Assert.Equal(30, (int)(await app.Erased(first))["result"]!["points"]!);
        await Credits(user, 7);
        var before = await State();
        Assert.Equal(first.Field("id"), (await app.Registrar().Erases(user, erasure)).Is(202).Field("id"));
        Assert.Equal(before, await State());
        Assert.Equal(7, await Balance(user));

        // What came later is taken by another erasure.
        Assert.Equal(7, (int)(await app.Erased(await app.Registrar().Erases(user)))["result"]!["points"]!);
        Assert.Equal(0, await Balance(user));
        await app.IsInOrder();
    }

    [Fact]
    public async Task Asked_for_again_it_is_tried_again_where_it_had_failed()
    {
        var (user, erasure) = (Playing.NewUser(), Playing.NewPerson());
        var job = (string)(await app.Erased(await app.Registrar().Erases(user, erasure)))["id"]!;
        await app.Events.Execute("UPDATE jobs SET status = 'failed', attempts = 5, reason = 'a bug' WHERE id = $1", [Guid.Parse(job)], Cancellation);
        var again = await app.Registrar().Erases(user, erasure);
        Assert.Equal(job, again.Is(202).Field("id"));
        (await app.Erased(again)).Is("erasure", "done", gained: 0, lost: 0);
    }

    [Fact]
    public async Task Many_at_once_for_one_user_take_everything_once()
    {
        var user = Playing.NewUser();
        await Credits(user, 30);
        var erasure = Playing.NewPerson();
        var asked = await Task.WhenAll(Enumerable.Range(0, 6).Select(at => app.Registrar().Erases(user, at % 2 == 0 ? erasure : null)));
        Assert.Equal(4, asked.Select(answer => answer.Is(202).Field("id")).Distinct().Count());
        var taken = 0L;
        foreach (var answer in asked.DistinctBy(answer => answer.Field("id")))
            taken += (long)(await app.Erased(answer))["result"]!["points"]!;
        Assert.Equal((30, 0), (taken, await Balance(user)));
        await app.IsInOrder();
    }

    [Fact]
    public async Task Points_that_are_given_meanwhile_are_taken_or_stay()
    {
        var user = Playing.NewUser();
        await Credits(user, 1);
        var giving = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Credits(user, 1)));
        var taken = (long)(await app.Erased(await app.Registrar().Erases(user)))["result"]!["points"]!;
        await giving;
        Assert.Equal(41 - taken, await Balance(user));
        await app.IsInOrder();
    }

    [Fact]
    public async Task What_is_sent_again_after_it_is_a_duplicate_and_what_is_new_counts()
    {
        var @operator = app.Somebody(Role.Operator);
        var user = Playing.NewUser();
        var id = await @operator.Runs(app.Draft(Goal.Count("swim", 3, new { lake = "deep" })));
        var swims = Enumerable.Range(0, 50).Select(at => Playing.Did(user, "swim", app.Clock.GetUtcNow(), $"{at}", attributes: new { lake = "deep" })).ToArray();
        await app.GameServer().Reports(swims);

        // So few at once that it takes more than one batch.
        var works = app.Services.GetServices<ErasureWork>().ToList();
        var usual = works[0].ActivitiesAtOnce;
        works.ForEach(work => work.ActivitiesAtOnce = 7);
        var job = await app.Erased(await app.Registrar().Erases(user));
        works.ForEach(work => work.ActivitiesAtOnce = usual);
        job.Is("erasure", "done", gained: 0, lost: 1);
        Assert.Equal((50, 1), ((int?)job["result"]!["activities"], (int?)job["done"]));
        Assert.All((await app.GameServer().Reports(swims)).Outcomes(), outcome => Assert.Equal("duplicate", outcome));
        Assert.Equal(["refused activity_id_reused"], (await app.GameServer().Reports(Playing.Did(user, "swim", app.Clock.GetUtcNow(), "1", value: 9))).Outcomes());
        Assert.Equal(["accepted"], (await app.GameServer().Reports(Playing.Did(user, "swim", app.Clock.GetUtcNow(), "new", attributes: new { lake = "deep" }))).Outcomes());
        Assert.Contains("\"current\":1", (await @operator.Get($"/v1/users/{user}/progress/{id}/explain")).Is(200).Text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await app.IsInOrder();
    }

    /// <summary>Largest values, sets and filters: what is smaller, or seen before, changes nothing until the attributes of the others are gone.</summary>
    [Fact]
    public async Task While_activities_pour_in_progress_stays_what_they_come_to()
    {
        var @operator = app.Somebody(Role.Operator);
        var user = Playing.NewUser();
        await @operator.Runs(app.Draft(Goal.Max("row", 90, new { lake = "deep" })));
        await @operator.Runs(app.Draft(Goal.Distinct("row", "boat", 4)));
        await @operator.Runs(app.Draft(Goal.All(Goal.Sum("row", 900, new { boat = 1 }), Goal.Count("row", 40))));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var lanes = Enumerable.Range(0, 4).Select(lane => Task.Run(async () =>
        {
            for (var at = 0; !stop.IsCancellationRequested; at++)
            {
                var value = (at * 37 + lane * 11) % 100;
                (await app.GameServer().Reports(Playing.Did(
                    user, "row", app.Clock.GetUtcNow(), $"{lane}-{at}", value, new { lake = value % 3 == 0 ? "deep" : "flat", boat = value % 5 }))).Is(200);
            }
        }, Cancellation)).ToList();

        var erased = 0;
        try
        {
            for (var time = 0; time < 5; time++)
                erased += (int)(await app.Erased(await app.Registrar().Erases(user)))["result"]!["activities"]!;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(lanes);
        }

        Assert.True(erased > 0);
        await app.IsInOrder();
    }

    /// <summary>They are of two who decide at once: an operator who approves, and the erasure.</summary>
    [Fact]
    public async Task Claims_that_somebody_decides_meanwhile_are_decided_once()
    {
        var @operator = app.Somebody(Role.Operator);
        var player = Playing.NewPerson();
        var claims = new List<string>();
        for (var at = 0; at < 8; at++)
            claims.AddRange(await app.Pending(await app.Offers(@operator, reward => new { rewardId = reward, requiresApproval = true, stock = 1 }), player));
        var approving = Task.WhenAll(claims.Select(claim => @operator.Post($"/v1/claims/{claim}/approve")));
        var job = await app.Erased(await app.Registrar().Erases($"{player}"));
        var approved = (await approving).Count(answer => answer.Status == 200);

        var statuses = await Task.WhenAll(claims.Select(@operator.StatusOf));
        Assert.Equal((approved, 8 - approved), (statuses.Count(status => status == "completed"), statuses.Count(status => status == "rejected")));
        Assert.Equal(10 * approved, (long)job["result"]!["points"]! + await Balance($"{player}"));
        await app.IsInOrder();
    }

    [Fact]
    public async Task Only_whoever_may_and_only_for_what_can_be_a_user()
    {
        (await app.Somebody(Role.Operator).Erases("u")).Refused(403, "forbidden");
        (await app.GameServer().Erases("u")).Refused(403, "forbidden");
        (await app.Registrar().Erases(new string('u', 129))).Refused(404, "not_found");
        (await app.Registrar().Put("/v1/users/u/erasures/today")).Refused(404, "not_found");
        (await app.Somebody(Role.Admin).Erases("a%2Fb")).Is(202);
        Assert.True(await app.Events.QueryOne("SELECT true FROM erasures WHERE user_id = 'a/b'", row => row.GetBoolean(0), [], Cancellation));
    }

    private async Task Credits(string user, long amount) =>
        (await _shop.Send(HttpMethod.Post, "/v1/points/credits", Api.Json(new { userId = user, amount }), ("Idempotency-Key", Playing.NewUser()))).Is(201);

    private async Task<long> Balance(string user) => (long)(await app.Somebody(Role.Operator).Get($"/v1/users/{user}/points")).Is(200).Json["balance"]!;

    private Task<string?> State() => app.Events.QueryOne(
        """
        SELECT concat_ws(' ', (SELECT count(*) FROM erasures), (SELECT count(*) FROM jobs), (SELECT count(*) FROM audit), (SELECT count(*) FROM transfers),
            (SELECT version FROM catalog))
        """,
        row => row.GetString(0), [], Cancellation);
}

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
        foreach (var work in app.Services.GetServices<ErasureWork>())
            work.ActivitiesAtOnce = 7;
        var job = await app.Erased(await app.Registrar().Erases(user));
        job.Is("erasure", "done", gained: 0, lost: 1);
        Assert.Equal((50, 1), ((int?)job["result"]!["activities"], (int?)job["done"]));
        Assert.All((await app.GameServer().Reports(swims)).Outcomes(), outcome => Assert.Equal("duplicate", outcome));
        Assert.Equal(["refused activity_id_reused"], (await app.GameServer().Reports(Playing.Did(user, "swim", app.Clock.GetUtcNow(), "1", value: 9))).Outcomes());
        Assert.Equal(["accepted"], (await app.GameServer().Reports(Playing.Did(user, "swim", app.Clock.GetUtcNow(), "new", attributes: new { lake = "deep" }))).Outcomes());
        Assert.Contains("\"current\":1", (await @operator.Get($"/v1/users/{user}/progress/{id}/explain")).Is(200).Text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
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

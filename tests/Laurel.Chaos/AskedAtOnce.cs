using Laurel.Chaos.Judging;
using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos;

/// <summary>Many who want the same at the same moment, from two servers.</summary>
public sealed class AskedAtOnce(Site site)
{
    private const int Times = 50;
    private const int Stock = 1_000;
    private const int Rushing = 20_000;
    private const int Connections = 200;

    [Fact]
    public async Task Fifty_identical_claims_of_each_user_are_one_grant_each()
    {
        await site.Mend();
        await NothingIsBroken();
        var history = new History();
        using var client = new Client(site, history);
        var crowd = await Crowd.Earned(site, client, Size.Ours.IdenticalUsers);
        var keyed = crowd.Users.Index().Where(one => one.Index % 2 == 0).Select(one => one.Item).ToHashSet();

        var answers = await crowd.Ask(
            crowd.Users.SelectMany(user => Enumerable.Repeat((user, crowd.Claim(user, keyed.Contains(user) ? "the-only-one" : null)), Times)).Shuffle(), connections: 128);

        Assert.True(history.Unknown == 0, string.Join('\n', history.ByKind()));
        foreach (var ofUser in answers.GroupBy(answer => answer.User, answer => answer.Answer))
        {
            Assert.All(ofUser, answer => Assert.True(answer.Status == 201 || answer is { Status: 409, Code: "already_claimed" }, answer.Text));
            var granted = ofUser.Where(answer => answer.Status == 201).ToList();
            Assert.Equal(keyed.Contains(ofUser.Key) ? Times : 1, granted.Count);
            Assert.Single(granted.Select(answer => answer.Text).Distinct());
        }

        Assert.Equal((crowd.Users.Length, crowd.Users.Length), await Granted(crowd));
        Assert.Empty(await Laws.Broken(site.Events));
    }

    [Fact]
    public async Task Of_a_stock_of_a_thousand_exactly_a_thousand_go_to_twenty_thousand_who_rush()
    {
        var said = TestContext.Current.TestOutputHelper!;
        said.WriteLine($"LAUREL_CHAOS_SEED={Size.Seed}");
        await site.Mend();
        var history = new History();
        using var client = new Client(site, history);
        var reward = (await site.Operator.Post("/v1/rewards", new { name = "Few", contents = new[] { new { type = "points", amount = 10 } }, stock = Stock })).Is(201).Field("id");
        var crowd = await Crowd.Earned(site, client, Rushing, new { rewardId = reward });

        using var rushed = new CancellationTokenSource();
        var failing = MakeSomeFail(history, new Dice(Size.Seed), rushed.Token);
        var started = TimeProvider.System.GetTimestamp();
        var answers = await crowd.Ask(crowd.Users.Select(user => (user, crowd.Claim(user))), Connections);
        var took = TimeProvider.System.GetElapsedTime(started);
        await rushed.CancelAsync();
        var failed = await failing;
        await site.Mend();

        said.WriteLine($"{Rushing:N0} users in {took.TotalSeconds:F1} s; {failed} times some transactions were made to fail, {history.Unknown:N0} requests were sent again.");
        Assert.Empty(history.Violations);
        Assert.All(answers, answer => Assert.True(answer.Answer.Status == 201 || answer.Answer.Code is "already_claimed" or "sold_out", answer.Answer.Text));
        Assert.Equal(Stock, answers.Count(answer => answer.Answer.Status == 201 || answer.Answer.Code == "already_claimed"));
        Assert.Equal((Stock, Stock), await Granted(crowd));
        Assert.Equal((long)Stock, await site.Events.QueryOne("SELECT taken FROM stocks WHERE owner = $1", row => row.GetInt64(0), [Guid.Parse(reward)], CancellationToken.None));
        Assert.Empty(await Laws.Broken(site.Events));
    }

    /// <summary>Whenever some hundred have been answered: the answer to a COMMIT is lost, or PostgreSQL ends the connections of the pipelines.</summary>
    private async Task<int> MakeSomeFail(History history, Dice dice, CancellationToken rushed)
    {
        for (var times = 0; ; times++)
        {
            var goal = history.Ok + history.Fail + dice.Between(200, 1_500);
            await Eventually.True(() => Task.FromResult(rushed.IsCancellationRequested || history.Ok + history.Fail >= goal), TimeSpan.FromMinutes(2));
            if (rushed.IsCancellationRequested)
                return times;
            if (dice.Next(2) == 0)
                dice.Pick(site.Servers).CutAfterCommit(1);
            else
                await site.Events.Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%laurel%' AND datname = 'events' AND state <> 'idle' AND pid <> pg_backend_pid()", row => row.GetBoolean(0), [], CancellationToken.None);
        }
    }

    /// <summary>What an earlier test has cut is found out by the first who use it, and they are answered 503.</summary>
    private async Task NothingIsBroken() => await Eventually.True(async () =>
    {
        var history = new History();
        using var client = new Client(site, history);
        var crowd = await Crowd.Earned(site, client, count: 200);
        await crowd.Ask(crowd.Users.Select(user => (user, crowd.Claim(user))), connections: 128);
        return history.Unknown == 0;
    });

    /// <summary>Claims of an event, and transfers of their points.</summary>
    private async Task<(int Claims, int Transfers)> Granted(Crowd crowd) => await site.Events.QueryOne(
        """
        SELECT count(*)::int, count(transfers.id)::int
        FROM claims
        LEFT JOIN transfers ON transfers.user_id = claims.user_id AND transfers.kind = 'reward' AND transfers.ref = claims.id::text
        WHERE claims.event_id = $1
        """, row => (row.GetInt32(0), row.GetInt32(1)), [Guid.Parse(crowd.Event)], CancellationToken.None);
}

using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Claims;

/// <summary>Two processes claim for users, and one of them dies while it does.</summary>
public sealed class ClaimedByTwo(TestPostgres postgres)
{
    private const int Users = 1_500;
    private const int Stock = 900;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task What_a_process_that_died_has_noted_another_claims()
    {
        await using var shared = await SharedDatabases.Create(postgres);
        await using var mortal = await shared.Serve();
        var token = await SharedDatabases.SignIn(mortal);
        var @operator = mortal.Api.As(token);
        var (all, few) = (await @operator.CreatesReward(), await @operator.CreatesReward());
        var draft = new DraftEvent(Now.AddDays(-10), Now.AddDays(10), Goal.Count("hunt", 1))
        {
            Offers = [new { rewardId = all, autoClaim = true }, new { rewardId = few, autoClaim = true, stock = Stock }],
        };
        await @operator.Settles(await @operator.Runs(draft));

        // It stands in the middle of its claims, since one of these rows is held; so it dies with some that it has taken.
        await using var row = await shared.Events.Hold("UPDATE stocks SET latest = 0");
        await Report(@operator, 0, Users / 2);
        await Eventually.True(async () => await shared.Events.Waiting("%UPDATE stocks%") > 0);
        await mortal.Kill();
        await row.RollbackAsync(Cancellation);

        await using var first = await shared.Serve();
        await using var second = await shared.Serve();
        await Task.WhenAll(Report(first.Api.As(token), Users / 2, Users * 3 / 4), Report(second.Api.As(token), Users * 3 / 4, Users));
        await shared.Events.Execute("UPDATE claim_due SET due_at = now()", [], Cancellation);
        await Eventually.True(() => shared.Events.QueryOne("SELECT count(*) = 0 FROM claim_due", reader => reader.GetBoolean(0), [], Cancellation));

        var claims = await shared.Events.Query(
            "SELECT reward_id, count(*), count(DISTINCT user_id) FROM claims GROUP BY reward_id",
            reader => (reader.GetGuid(0), reader.GetInt64(1), reader.GetInt64(2)), [], Cancellation);
        Assert.Equal([(Guid.Parse(all), Users, Users), (Guid.Parse(few), Stock, Stock)], claims.OrderByDescending(one => one.Item2));
        Assert.Equal(10L * (Users + Stock), await shared.Events.QueryOne("SELECT sum(balance)::bigint FROM balances", reader => reader.GetInt64(0), [], Cancellation));
        Assert.Equal((long)Stock, await shared.Events.QueryOne("SELECT taken FROM stocks WHERE total IS NOT NULL", reader => reader.GetInt64(0), [], Cancellation));
    }

    private static async Task Report(Api server, int from, int to)
    {
        foreach (var users in Enumerable.Range(from, to - from).Chunk(100))
            (await server.Reports([.. users.Select(user => Playing.Did($"user-{user:0000}", "hunt", Now, "once"))])).Is(200);
    }
}

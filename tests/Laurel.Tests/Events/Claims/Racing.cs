using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Claims;

/// <summary>Many who want the same at the same moment.</summary>
public sealed class Racing(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_identical_claims_of_each_of_a_hundred_users_are_a_hundred_grants()
    {
        const int Users = 100;
        const int Times = 50;
        var (@event, users) = await Earned(Users);
        using var http = Crowd(64);

        var answers = await Task.WhenAll(users.SelectMany(user => Enumerable.Repeat(user, Times)).Shuffle()
            .Select(async user => (User: user, Status: await Claim(http, @event, user))));

        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, $"{answer.Status}"));
        Assert.All(
            answers.GroupBy(answer => answer.User), ofUser => Assert.Single(ofUser, answer => answer.Status == HttpStatusCode.Created));
        Assert.Equal((Users, Users, Users * 10L), await Paid(@event));
    }

    [Fact]
    public async Task The_same_key_is_answered_the_same_by_all_that_race()
    {
        var (@event, users) = await Earned(20);
        using var http = Crowd(64);
        var answers = await Task.WhenAll(users.SelectMany(user => Enumerable.Repeat(user, 20)).Shuffle()
            .Select(async user => (User: user, Body: await ClaimBody(http, @event, user, key: "once"))));

        Assert.All(answers.GroupBy(answer => answer.User), ofUser => Assert.Single(ofUser.Select(answer => answer.Body).Distinct()));
        Assert.Equal((20, 20, 200L), await Paid(@event));
    }

    [Fact]
    public async Task A_hundred_of_a_stock_go_to_exactly_a_hundred_of_a_thousand()
    {
        const int Stock = 100;
        var @operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
        var reward = (await @operator.Post("/v1/rewards", new { name = "Few", contents = new[] { new { type = "points", amount = 10 } }, stock = Stock })).Is(201).Field("id");
        var (@event, users) = await Earned(1_000, new { rewardId = reward });
        using var http = Crowd(200);

        var answers = await Task.WhenAll(users.Select(user => Claim(http, @event, user)));

        Assert.Equal(Stock, answers.Count(status => status == HttpStatusCode.Created));
        Assert.Equal(1_000 - Stock, answers.Count(status => status == HttpStatusCode.Conflict));
        Assert.Equal((Stock, Stock, Stock * 10L), await Paid(@event));
        Assert.Equal((Stock, (long)Stock), await app.Events.QueryOne(
            "SELECT total::int, taken FROM stocks WHERE owner = $1", row => (row.GetInt32(0), row.GetInt64(1)), [Guid.Parse(reward)], Cancellation));
    }

    [Fact]
    public async Task Where_an_offer_has_fewer_than_its_reward_no_unit_of_either_is_lost()
    {
        var @operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
        var reward = (await @operator.Post("/v1/rewards", new { name = "Shared", contents = new[] { new { type = "points", amount = 10 } }, stock = 30 })).Is(201).Field("id");
        var (first, fans) = await Earned(200, new { rewardId = reward, stock = 10 });
        var (second, others) = await Earned(200, new { rewardId = reward });
        using var http = Crowd(200);

        var answers = await Task.WhenAll(
            fans.Select(user => (Event: first, User: user)).Concat(others.Select(user => (Event: second, User: user))).Shuffle()
                .Select(async one => (one.Event, Status: await Claim(http, one.Event, one.User))));

        Assert.InRange(answers.Count(answer => answer.Event == first && answer.Status == HttpStatusCode.Created), 0, 10);
        Assert.Equal(30, answers.Count(answer => answer.Status == HttpStatusCode.Created));
        Assert.Equal(30L, await app.Events.QueryOne("SELECT taken FROM stocks WHERE owner = $1", row => row.GetInt64(0), [Guid.Parse(reward)], Cancellation));
        Assert.Equal(0L, await app.Events.QueryOne(
            """
            SELECT count(*)
            FROM stocks
            JOIN offers ON offers.id = stocks.owner
            WHERE stocks.taken <> (SELECT count(*) FROM claims WHERE claims.offer_id = offers.id)
            """, row => row.GetInt64(0), [], Cancellation));
    }

    [Fact]
    public async Task After_an_event_is_switched_off_no_claim_of_it_commits()
    {
        var (@event, users) = await Earned(2_000);
        var @operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
        using var http = Crowd(32);
        var claiming = Parallel.ForEachAsync(
            users, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancellation }, async (user, _) => await Claim(http, @event, user));
        await Eventually.True(async () => (await Paid(@event)).Claims > 100);

        (await @operator.SwitchesOff(@event)).Is(200);
        var granted = await Paid(@event);
        await claiming;
        Assert.Equal(granted, await Paid(@event));
        Assert.InRange(granted.Claims, 100, 1_999);
    }

    [Fact]
    public async Task An_event_is_not_switched_off_before_the_claims_under_way_have_ended()
    {
        var (@event, users) = await Earned(1);
        var @operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
        using var http = Crowd(4);
        await app.Events.Execute("INSERT INTO balances (user_id, balance) VALUES ($1, 0)", [users[0].ToString()], Cancellation);
        await using var obstacle = await app.Events.Hold("UPDATE balances SET balance = 0 WHERE user_id = $1", [users[0].ToString()]);

        var claiming = Claim(http, @event, users[0]);
        await Eventually.True(() => Waits("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"));
        var switching = @operator.SwitchesOff(@event);
        await Eventually.True(() => Waits("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"));
        Assert.False(switching.IsCompleted);

        await obstacle.RollbackAsync(Cancellation);
        Assert.Equal(HttpStatusCode.Created, await claiming);
        (await switching).Is(200);
    }

    private Task<bool> Waits(string sql) => app.Events.QueryOne(sql, row => row.GetBoolean(0), [], Cancellation);

    /// <summary>An event that pays ten points, and users who have earned them.</summary>
    private async Task<(string Event, Guid[] Users)> Earned(int users, params object[] offers)
    {
        var @operator = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));
        var type = Playing.NewUser();
        var @event = await @operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = offers.Length > 0 ? offers : null });
        var ids = Enumerable.Range(0, users).Select(_ => Playing.NewPerson()).ToArray();
        foreach (var some in ids.Chunk(1_000))
            (await app.GameServer().Reports([.. some.Select(id => Playing.Did(id.ToString(), type, app.Clock.GetUtcNow()))])).Is(200);
        return (@event, ids);
    }

    private HttpClient Crowd(int connections) => new(new SocketsHttpHandler { MaxConnectionsPerServer = connections }) { BaseAddress = app.Address };

    private async Task<HttpStatusCode> Claim(HttpClient http, string @event, Guid user)
    {
        using var response = await Send(http, @event, user, key: null);
        return response.StatusCode;
    }

    private async Task<string> ClaimBody(HttpClient http, string @event, Guid user, string key)
    {
        using var response = await Send(http, @event, user, key);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private async Task<HttpResponseMessage> Send(HttpClient http, string @event, Guid user, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/events/{@event}/claims") { Content = JsonContent.Create(new { }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.PersonToken(user));
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request, Cancellation);
    }

    /// <summary>What an event has paid: claims, transfers, points.</summary>
    private async Task<(int Claims, int Transfers, long Points)> Paid(string @event) => await app.Events.QueryOne(
        """
        SELECT count(*)::int, count(transfers.id)::int, COALESCE(sum(transfers.amount), 0)::bigint
        FROM claims
        LEFT JOIN transfers ON transfers.user_id = claims.user_id AND transfers.kind = 'reward' AND transfers.ref = claims.id::text
        LEFT JOIN balances ON balances.user_id = claims.user_id AND balances.balance = transfers.amount
        WHERE claims.event_id = $1
        """, row => (row.GetInt32(0), row.GetInt32(1), row.GetInt64(2)), [Guid.Parse(@event)], Cancellation);
}

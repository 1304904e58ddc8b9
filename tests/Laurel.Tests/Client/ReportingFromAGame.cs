using System.Net;
using System.Net.Http.Headers;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Client;

public sealed class ReportingFromAGame(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_reported_counts_once_though_requests_and_answers_get_lost()
    {
        var me = Playing.NewUser();
        var dice = Dice.Thrown();
        var lost = 0;
        var obstacle = new Obstacle(async (request, send) =>
        {
            var fate = request.RequestUri!.AbsolutePath == "/v1/activities" ? dice.Between(0, 3) : 3;
            lost += fate < 2 ? 1 : 0;
            if (fate == 0)
                throw new HttpRequestException("The connection was refused.");
            var answer = await send();
            return fate == 1 ? throw new HttpRequestException("The connection was cut.") : answer;
        });
        await using (var client = await Client(obstacle, new ActivityOptions { MaxBatch = 50 }))
        {
            for (var number = 0; number < 2_000; number++)
                await client.Activities.Report(Killed(me), Cancellation);
        }

        Assert.True(lost > 5);
        Assert.Equal(2_000, await app.Counted(me));
    }

    [Fact]
    public async Task While_one_request_is_under_way_the_next_gathers()
    {
        var gate = new TaskCompletionSource();
        var obstacle = Closed(gate.Task);
        await using var client = await Client(obstacle);
        var me = Playing.NewUser();
        await client.Activities.Report(Killed(me), Cancellation);
        await Eventually.True(() => Task.FromResult(obstacle.Batches.Any()));
        for (var number = 0; number < 1_500; number++)
            await client.Activities.Report(Killed(me), Cancellation);
        gate.SetResult();
        await client.Activities.Flush(Cancellation);

        Assert.Equal([1, 1_000, 500], obstacle.Batches);
        Assert.Equal(1_501, await app.Counted(me));
    }

    [Fact]
    public async Task Who_reports_more_than_can_be_kept_waits()
    {
        var gate = new TaskCompletionSource();
        var obstacle = Closed(gate.Task);
        await using var client = await Client(obstacle, new ActivityOptions { Capacity = 10, MaxBatch = 5 });
        var me = Playing.NewUser();
        await client.Activities.Report(Killed(me), Cancellation);
        await Eventually.True(() => Task.FromResult(obstacle.Batches.Any()));
        var taken = 1;
        while (client.Activities.TryReport(Killed(me)))
            taken++;
        Assert.Equal(11, taken);

        var waiting = client.Activities.Report(Killed(me), Cancellation).AsTask();
        using var impatient = new CancellationTokenSource();
        var leaving = client.Activities.Report(Killed(me), impatient.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        gate.SetResult();
        await waiting;
        await client.Activities.Flush(Cancellation);
        Assert.Equal(12, await app.Counted(me));
    }

    [Fact]
    public async Task A_token_is_fetched_once_for_all_and_again_when_it_ends_or_is_refused()
    {
        var obstacle = new Obstacle((_, send) => send());
        var options = await app.NewGameServer(Scopes.ActivitiesWrite);
        await using var client = new LaurelClient(options.Through(obstacle));
        var me = Playing.NewUser();
        await AtOnce(20, () => client.Activities.Send([Killed(me)], Cancellation));
        Assert.Equal(1, obstacle.TokensAsked);

        // Its scopes are changed: from now on its tokens are refused.
        var admin = app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Admin));
        (await admin.Patch($"/v1/service-accounts/{options.ClientId}", new { scopes = new[] { Scopes.ActivitiesWrite, Scopes.PointsWrite } })).Is(200);
        await app.EndsAreKnown();
        await AtOnce(20, () => client.Activities.Send([Killed(me)], Cancellation));
        Assert.Equal(2, obstacle.TokensAsked);
        Assert.Equal(40, await app.Counted(me));

        var before = obstacle.Requests.Count;
        obstacle.Time.Forward(TimeSpan.FromMinutes(9));
        await client.Points.Credit(me, 1, "a", cancellation: Cancellation);
        Assert.Equal(["/v1/auth/token", "/v1/points/credits"], obstacle.Requests.Skip(before).Select(request => request.Path));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task What_Laurel_has_no_time_for_waits_as_long_as_it_says(HttpStatusCode status)
    {
        var refusals = 3;
        var troubles = new List<LaurelException>();
        var obstacle = new Obstacle(async (request, send) =>
            request.RequestUri!.AbsolutePath == "/v1/activities" && Interlocked.Decrement(ref refusals) >= 0
                ? new HttpResponseMessage(status) { Headers = { RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7)) } }
                : await send());
        await using var client = await Client(obstacle, new ActivityOptions { OnTrouble = troubles.Add });
        var me = Playing.NewUser();
        await client.Activities.Report(Killed(me), Cancellation);
        await client.Activities.Flush(Cancellation);

        Assert.Equal(1, await app.Counted(me));
        Assert.Equal([status, status, status], troubles.Select(trouble => trouble.Status!.Value));
        Assert.Equal(3, obstacle.Time.Pauses.Count);
        // Twice as long each time, from 100 to 200 ms on.
        Assert.All(obstacle.Time.Pauses.Index(), pause =>
            Assert.InRange(pause.Item.TotalMilliseconds, 7_000 + (100 << pause.Index), 7_000 + (200 << pause.Index)));
    }

    [Fact]
    public async Task One_that_is_no_activity_is_found_and_its_neighbours_count()
    {
        var gate = new TaskCompletionSource();
        var refused = new List<RefusedActivity>();
        var obstacle = Closed(gate.Task);
        await using var client = await Client(obstacle, new ActivityOptions { OnRefused = Collect });
        var me = Playing.NewUser();
        for (var number = 0; number < 200; number++)
        {
            await client.Activities.Report(number switch
            {
                17 => Killed(me) with { Value = -1 },
                18 => Killed("a\nb"),
                199 => Killed(me) with { Type = "no type" },
                _ => Killed(me) with { Value = number, Attributes = new Dictionary<string, AttributeValue> { ["map"] = "forest", ["level"] = 3, ["boss"] = false } },
            }, Cancellation);
        }

        gate.SetResult();
        await client.Activities.Flush(Cancellation);
        Assert.Equal(197, await app.Counted(me));
        Assert.Equal([-1L, null, null], refused.Select(one => one.Activity.Value));
        Assert.All(refused, one => Assert.Equal("malformed_body", one.Code));
        Assert.Equal("out_of_range", refused[0].Failure!.Errors.Single().Code);
        Assert.NotNull(refused[0].Failure!.TraceId);

        void Collect(RefusedActivity one)
        {
            refused.Add(one);
            throw new InvalidOperationException("An ear that throws.");
        }
    }

    [Fact]
    public async Task One_that_breaks_a_rule_is_told_and_its_neighbours_count()
    {
        var refused = new List<RefusedActivity>();
        await using var client = await Client(new Obstacle((_, send) => send()), new ActivityOptions { OnRefused = refused.Add });
        var me = Playing.NewUser();
        await client.Activities.Report(Killed(me) with { Id = "old", OccurredAt = app.Clock.GetUtcNow().AddDays(-30) }, Cancellation);
        await client.Activities.Report(Killed(me) with { Id = "good", OccurredAt = app.Clock.GetUtcNow() }, Cancellation);
        await client.Activities.Flush(Cancellation);

        Assert.Equal([("old", "activity_too_old")], refused.Select(one => (one.Activity.Id!, one.Code)));
        Assert.Equal(1, await app.Counted(me));
    }

    [Fact]
    public async Task What_a_proxy_finds_too_large_is_sent_in_parts()
    {
        var obstacle = new Obstacle(async (request, send) =>
            request.Content!.Headers.ContentLength > 4_000 ? new HttpResponseMessage(HttpStatusCode.RequestEntityTooLarge) : await send());
        var me = Playing.NewUser();
        await using (var client = await Client(obstacle))
        {
            for (var number = 0; number < 300; number++)
                await client.Activities.Report(Killed(me), Cancellation);
        }

        Assert.Equal(300, await app.Counted(me));
    }

    [Fact]
    public async Task What_would_be_more_than_Laurel_reads_is_sent_in_several_requests()
    {
        var gate = new TaskCompletionSource();
        var obstacle = Closed(gate.Task);
        var me = Playing.NewUser();
        await using var client = await Client(obstacle);
        for (var number = 0; number < 500; number++)
            await client.Activities.Report(Killed(me) with { Attributes = Enumerable.Range(0, 10).ToDictionary(at => $"a{at}", _ => AttributeValue.Of(new string('x', 256))) }, Cancellation);
        gate.SetResult();
        await client.Activities.Flush(Cancellation);

        Assert.Equal(500, await app.Counted(me));
        Assert.All(obstacle.Requests, request => Assert.InRange(request.Activities, 0, 340));
    }

    [Fact]
    public async Task What_is_given_up_is_told_and_counts_once_when_it_is_sent_again()
    {
        var me = Playing.NewUser();
        var (away, given) = (true, new List<ActivityReport>());
        // The first request is done, and its answer is lost.
        var obstacle = new Obstacle(async (request, send) =>
        {
            var answer = request.RequestUri!.AbsolutePath == "/v1/auth/token" || given.Count == 0 || !away ? await send() : null;
            return away && answer?.RequestMessage!.RequestUri!.AbsolutePath == "/v1/activities" ? throw new IOException("Cut.") : answer ?? throw new IOException("Gone.");
        });
        await using var client = await Client(
            obstacle, new ActivityOptions { GiveUpAfter = TimeSpan.FromMinutes(1), OnGivenUp = lost => given.AddRange(lost.Activities) });
        await client.Activities.Report(Killed(me), Cancellation);
        await client.Activities.Report(Killed(me) with { Id = "mine", OccurredAt = app.Clock.GetUtcNow() }, Cancellation);
        await client.Activities.Flush(Cancellation);
        Assert.Equal(2, given.Count);
        Assert.True(obstacle.Time.Pauses.Sum(pause => pause.TotalSeconds) <= 60);

        away = false;
        var results = await client.Activities.Send(given, Cancellation);
        Assert.Contains(results, result => result.Outcome == ActivityOutcome.Duplicate);
        Assert.Equal(2, await app.Counted(me));
    }

    [Fact]
    public async Task An_end_waits_no_longer_than_it_should()
    {
        var given = new List<GivenUpActivities>();
        var obstacle = new Obstacle(async (_, _) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Cancellation);
            throw new InvalidOperationException();
        });
        var client = await Client(obstacle, new ActivityOptions { DrainFor = TimeSpan.Zero, OnGivenUp = given.Add, MaxBatch = 2 });
        for (var number = 0; number < 5; number++)
            await client.Activities.Report(Killed("me"), Cancellation);
        var flushing = client.Activities.Flush(Cancellation);
        await client.DisposeAsync();

        Assert.Equal(5, given.Sum(lost => lost.Activities.Count));
        await flushing;
        Assert.False(client.Activities.TryReport(Killed("me")));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.Activities.Report(Killed("me"), Cancellation).AsTask());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_may_not_report_is_told_why()
    {
        var options = await app.NewGameServer(Scopes.PointsWrite);
        await using var wrongScope = new LaurelClient(options);
        var forbidden = await Assert.ThrowsAsync<LaurelException>(() => wrongScope.Activities.Send([Killed("me")], Cancellation));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (forbidden.Status, forbidden.Code));

        await using var wrongSecret = new LaurelClient(new LaurelClientOptions { Address = options.Address, ClientId = options.ClientId, ClientSecret = "lss_wrong" });
        var unknown = await Assert.ThrowsAsync<LaurelException>(() => wrongSecret.Activities.Send([Killed("me")], Cancellation));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (unknown.Status, unknown.Code));

        await using var nowhere = new LaurelClient(new LaurelClientOptions { Address = new Uri("http://127.0.0.1:1"), ClientId = "a", ClientSecret = "b", RetryFor = TimeSpan.Zero });
        var unreachable = await Assert.ThrowsAsync<LaurelException>(() => nowhere.Activities.Send([Killed("me")], Cancellation));
        Assert.True(unreachable is { Status: null, IsTransient: true });
    }

    [Fact]
    public async Task An_id_needs_a_time_with_it()
    {
        await using var client = new LaurelClient(await app.NewGameServer(Scopes.ActivitiesWrite));
        await Assert.ThrowsAsync<ArgumentException>(() => client.Activities.Report(Killed("me") with { Id = "mine" }, Cancellation).AsTask());
        Assert.Throws<ArgumentException>(() => client.Activities.TryReport(Killed("me") with { Id = "mine" }));
    }

    private static ActivityReport Killed(string userId) => new(userId, "kill");

    private static Task AtOnce(int count, Func<Task> what) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => what()));

    /// <summary>Activities wait before a gate.</summary>
    private static Obstacle Closed(Task gate) => new(async (request, send) =>
    {
        if (request.RequestUri!.AbsolutePath == "/v1/activities")
            await gate;
        return await send();
    });

    private async Task<LaurelClient> Client(Obstacle obstacle, ActivityOptions? activities = null) =>
        new((await app.NewGameServer(Scopes.ActivitiesWrite)).Through(obstacle, activities));
}

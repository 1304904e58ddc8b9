using System.Globalization;
using Laurel.Auth;
using Laurel.Bench;
using Laurel.Bench.Engine;
using Laurel.Bench.Http;
using Laurel.Events;
using Laurel.Tests.Support;
using Goal = Laurel.Tests.Support.Goal;

namespace Laurel.Tests.Limits;

/// <summary>
/// A server that is asked for three times what it can do, for ten seconds, or for sixty with LAUREL_OVERLOAD=full. What it can do is
/// measured in the same run, before and after.
/// </summary>
public sealed class ThreeTimesTooMuch(TestPostgres postgres)
{
    private const string Password = "a harbour in the fog";
    private const int Places = 32;
    private const int Clients = 256;
    private const int Users = 10_000;
    private const int ActivitiesOfRequest = 100;

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Overload = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("LAUREL_OVERLOAD") == "full" ? 60 : 10);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_refused_in_part_and_the_rest_is_done()
    {
        await using var folder = new TemporaryFolder();
        await using var auth = await postgres.CreateDatabase("auth", (at, stop) => LaurelApp.Migrate(at, typeof(AuthSetup), stop), Cancellation);
        await using var events = await postgres.CreateDatabase("events", (at, stop) => LaurelApp.Migrate(at, typeof(EventsSetup), stop), Cancellation);
        await using var server = LaurelProcess.Serve(folder,
        [
            ("DOTNET_ENVIRONMENT", "Development"),
            ("Laurel__Auth__PasswordIterations", "1000"),
            ("Laurel__Admin__Email", "admin@example.com"),
            ("Laurel__Admin__Password", Password),
            ("ConnectionStrings__Auth", auth.ConnectionString),
            ("ConnectionStrings__Events", events.ConnectionString),
            ("Laurel__Limits__AtOnce", $"{Places}"),
        ]);
        await server.Ready();
        var token = (await server.Api.Post("/v1/auth/login", new { email = "admin@example.com", password = Password })).Is(200).Field("accessToken");
        await DefineEvents(server.Api.As(token));
        var reports = Reports(server.Api.Http.BaseAddress!, token);

        var before = await WhatItCanDo(reports);
        var loading = Run(reports, Clients, (int)Math.Ceiling(3 * before.PerSecond), Overload);
        while (!loading.IsCompleted)
        {
            // Who asks another service, and whoever watches over it all, notices nothing.
            (await server.Api.As(token).Get("/v1/me")).Is(200);
            (await server.Api.Get("/health/ready")).Is(200);
            await Task.WhenAny(loading, Task.Delay(TimeSpan.FromMilliseconds(200), Cancellation));
        }

        var during = await loading;
        var ended = TimeProvider.System.GetTimestamp();
        Round after;
        do
        {
            after = await Run(reports, Places, requestsPerSecond: null, TimeSpan.FromSeconds(2));
            Assert.True(TimeProvider.System.GetElapsedTime(ended) < Recovery + TimeSpan.FromSeconds(2), $"It is not itself again: {Told(after)}");
        }
        while (after.Failures.Count > 0 || after.PerSecond < 0.8 * before.PerSecond);

        var told = $"before: {Told(before)}, during: {Told(during)}, after: {Told(after)}";
        TestContext.Current.SendDiagnosticMessage(told);
        Assert.True(before.Failures.Count == 0, told);
        Assert.True(during.Failures.Keys.All(failure => failure is "status 503" or "status 429") && during.Failures.Count > 0, told);
        Assert.True(during.PerSecond >= 0.8 * Math.Min(before.PerSecond, after.PerSecond), told);
    }

    /// <summary>So that a report is some work.</summary>
    private static async Task DefineEvents(Api @operator)
    {
        var now = TimeProvider.System.GetUtcNow();
        var reward = await @operator.CreatesReward();
        foreach (var goal in (object[])[Goal.Count(Feed.Activity, 1_000), Goal.Sum(Feed.Activity, 1_000_000), Goal.Max(Feed.Activity, 1_024)])
            await @operator.Runs(new DraftEvent(now.AddDays(-10), now.AddDays(10), goal) { Offers = [new { rewardId = reward }] });
    }

    private static Func<int, IClient> Reports(Uri server, string token) => _ =>
    {
        var feed = new Feed(Users, TimeProvider.System);
        return new Connection(server, Requests.Posts(server, "/v1/activities", token, json => feed.Write(json, ActivitiesOfRequest)));
    };

    /// <summary>Measured again until it is no longer getting faster: what was compiled a moment ago is slow, and is no measure.</summary>
    private static async Task<Round> WhatItCanDo(Func<int, IClient> clients)
    {
        var best = await Run(clients, Places, requestsPerSecond: null, Measured);
        for (var at = 0; at < 10; at++)
        {
            var next = await Run(clients, Places, requestsPerSecond: null, Measured);
            if (next.PerSecond < 1.1 * best.PerSecond)
                return next.PerSecond > best.PerSecond ? next : best;
            best = next;
        }

        return best;
    }

    private static async Task<Round> Run(Func<int, IClient> clients, int count, int? requestsPerSecond, TimeSpan time)
    {
        using var load = Load.Start(clients, count, requestsPerSecond);
        await Task.Delay(time, Cancellation);
        return await load.Stop();
    }

    private static string Told(Round round)
    {
        var failures = string.Join(", ", round.Failures.Select(failure => $"{failure.Value} with {failure.Key}"));
        return string.Create(CultureInfo.InvariantCulture, $"{round.PerSecond:0} requests/s, p50 {round.P50Ms:0} ms, p99 {round.P99Ms:0} ms, refused: {failures}");
    }
}

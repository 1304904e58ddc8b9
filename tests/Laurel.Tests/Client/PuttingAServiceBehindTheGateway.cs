using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Tests.Gateway;
using Laurel.Tests.Support;

namespace Laurel.Tests.Client;

public sealed class PuttingAServiceBehindTheGateway(LaurelApp app) : IClassFixture<LaurelApp>
{
    private readonly ConcurrentQueue<string> _heard = [];

    [Fact]
    public async Task It_survives_a_Laurel_that_is_away_and_says_so_once()
    {
        await using var behind = await Behind.Start();
        var tries = 0;
        var isAway = true;
        var obstacle = new Obstacle((_, send) => Volatile.Read(ref isAway) && Interlocked.Increment(ref tries) > 0 ? throw new HttpRequestException("Nobody is there.") : send());
        await using var laurel = new LaurelClient((await app.NewGameServer(Scopes.ServicesRegister)).Through(obstacle, time: TimeProvider.System));
        var options = NewService(behind);
        await using var registration = new ServiceRegistration(laurel, options);
        registration.Start();
        registration.Start();
        await Eventually.True(() => Task.FromResult(Volatile.Read(ref tries) >= 3));
        Assert.False(registration.IsReady);
        Assert.Null(registration.User(_ => "ADMIN"));

        Volatile.Write(ref isAway, false);
        await Eventually.True(() => Task.FromResult(registration.IsReady));
        await IsReached(options.Prefix, 200);
        Assert.Equal(["POST /v1/auth/token was not answered: Nobody is there.", "registered"], _heard);

        // It is away again when the process goes, which is not kept by that.
        Volatile.Write(ref isAway, true);
        await registration.Stop();
        Assert.False(registration.IsReady);
        Assert.EndsWith("was not answered: Nobody is there.", _heard.Last(), StringComparison.Ordinal);
        Assert.StartsWith("DELETE ", _heard.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_told_who_calls_and_leaves_when_the_host_stops()
    {
        await using var behind = await Behind.Start();
        var seen = new ConcurrentQueue<VerifiedUser?>();
        await using var laurel = new LaurelClient(await app.NewGameServer(Scopes.ServicesRegister));
        var options = NewService(behind);
        options = options with { Routes = [new ServiceRoute("GET", options.Prefix, "USER"), new ServiceRoute("GET", $"{options.Prefix}/open") { Anyone = true }] };
        await using var registration = new ServiceRegistration(laurel, options);
        behind.Answers = context =>
        {
            seen.Enqueue(registration.User(name => context.Request.Headers[name]));
            return Task.CompletedTask;
        };
        using var started = new CancellationTokenSource();
        using var stopping = new CancellationTokenSource();
        registration.Follow(started.Token, stopping.Token);
        await started.CancelAsync();
        await IsReached(options.Prefix, 200);
        Assert.Equal("USER", seen.Last()!.Role);
        Assert.True(seen.Last()!.Has("USER"));
        Assert.False(seen.Last()!.Has("OPERATOR"));
        (await Raw($"{options.Prefix}/open", null)).Is(200);
        Assert.Null(seen.Last());

        await stopping.CancelAsync();
        await IsReached(options.Prefix, 404);
        Assert.Equal(["registered"], _heard);
    }

    [Fact]
    public async Task Another_services_key_is_worth_nothing()
    {
        await using var behind = await Behind.Start();
        var account = await app.NewGameServer(Scopes.ServicesRegister);
        await using var laurel = new LaurelClient(account);
        var (mine, other) = (NewService(behind), NewService(behind));
        await using var registration = new ServiceRegistration(laurel, mine);
        await using var neighbour = new ServiceRegistration(laurel, other);
        registration.Start();
        neighbour.Start();
        await IsReached(mine.Prefix, 200);
        var toMe = behind.Asked.Last();
        Assert.NotNull(registration.User(toMe.GetValueOrDefault));
        Assert.Null(neighbour.User(toMe.GetValueOrDefault));
    }

    [Fact]
    public async Task What_Laurel_refuses_is_told_with_its_reason()
    {
        await using var behind = await Behind.Start();
        await using var laurel = new LaurelClient(await app.NewGameServer(Scopes.ServicesRegister));
        await using var stranger = new LaurelClient(await app.NewGameServer(Scopes.ServicesRegister));
        await using var powerless = new LaurelClient(await app.NewGameServer(Scopes.PointsWrite));
        var options = NewService(behind);
        await using var registration = new ServiceRegistration(laurel, options);
        registration.Start();
        await IsReached(options.Prefix, 200);

        foreach (var (client, wrong, code) in new[]
        {
            (stranger, options, "409 service_taken"),
            (stranger, NewService(behind) with { Prefix = options.Prefix }, "409 prefix_taken"),
            (powerless, NewService(behind), "403 forbidden"),
            (laurel, NewService(behind) with { Prefix = "/v1/events" }, "422 rule_broken"),
            (laurel, NewService(behind) with { Routes = [new ServiceRoute("GET", "/elsewhere", "USER")] }, "422 rule_broken"),
            (laurel, NewService(behind) with { Address = new Uri("http://169.254.169.254") }, "422 rule_broken"),
        })
        {
            // A callback that fails ends nothing.
            await using var refused = new ServiceRegistration(client, wrong with { OnTrouble = trouble => { Hear(trouble.Message); throw new InvalidOperationException(); } });
            refused.Start();
            await Eventually.True(() => Task.FromResult(_heard.Any(said => said.Contains(code, StringComparison.Ordinal))));
            Assert.False(refused.IsReady);
            _heard.Clear();
        }
    }

    [Fact]
    public async Task What_cannot_be_is_refused_before_anything_is_sent()
    {
        await using var laurel = new LaurelClient(new LaurelClientOptions { Address = new Uri("http://localhost:1"), ClientId = "a", ClientSecret = "b" });
        var good = new ServiceOptions { Name = "leaderboards", Prefix = "/leaderboards", Address = new Uri("http://10.0.0.7:5090"), DrainFor = TimeSpan.Zero };
        foreach (var bad in new[]
        {
            good with { Name = "" }, good with { Prefix = "leaderboards" }, good with { Prefix = "/" }, good with { Address = new Uri("/here", UriKind.Relative) },
            good with { Address = new Uri("http://10.0.0.7/path") }, good with { Address = new Uri("ftp://10.0.0.7") }, good with { HealthPath = "ready" },
            good with { DrainFor = TimeSpan.FromSeconds(-1) },
        })
        {
            Assert.Throws<ArgumentException>(() => new ServiceRegistration(laurel, bad));
        }

        // Of what was never begun nothing is to be ended.
        await using var registration = new ServiceRegistration(laurel, good);
        await registration.Stop();
        registration.Start();
        Assert.False(registration.IsReady);
    }

    [Theory]
    [InlineData("17", "USER", 0, true)]
    [InlineData("17", "USER", 299, true)]
    [InlineData("17", "USER", -299, true)]
    [InlineData("17", "USER", 301, false)]
    [InlineData("17", "USER", -301, false)]
    [InlineData("18", "USER", 0, false)]
    [InlineData("17", "ADMIN", 0, false)]
    [InlineData("", "USER", 0, false)]
    [InlineData("17", null, 0, false)]
    public void Only_what_was_signed_just_now_is_believed(string id, string? role, int ageSeconds, bool isBelieved)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var now = TimeProvider.System.GetUtcNow();
        now -= TimeSpan.FromTicks(now.Ticks % TimeSpan.TicksPerSecond);
        var at = now.ToUnixTimeSeconds() - ageSeconds;
        var headers = new Dictionary<string, string?>
        {
            ["X-User-Id"] = id,
            ["X-User-Role"] = role,
            ["X-User-Signature"] = $"{at}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{at}.USER.17")))}",
        };
        Assert.Equal(isBelieved ? new VerifiedUser("17", "USER") : null, Introduction.Read(headers.GetValueOrDefault, key, now));
        Assert.Null(Introduction.Read(headers.GetValueOrDefault, RandomNumberGenerator.GetBytes(32), now));
    }

    private ServiceOptions NewService(Behind behind)
    {
        var name = $"s{Playing.NewPerson():N}";
        return new ServiceOptions
        {
            Name = name,
            Prefix = $"/{name}",
            Address = new Uri(behind.Address),
            DrainFor = TimeSpan.Zero,
            OnRegistered = () => Hear("registered"),
            OnTrouble = trouble => Hear(trouble.Message),
        };
    }

    private void Hear(string said) => _heard.Enqueue(said);

    private Task IsReached(string prefix, int status) => Eventually.True(async () => (await Raw(prefix, app.PersonToken(Playing.NewPerson()))).Status == status);

    /// <summary>By a client that does not know Laurel's documents: these routes stand in none of them.</summary>
    private async Task<Answer> Raw(string path, string? token)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, token).Send(HttpMethod.Get, path);
    }
}

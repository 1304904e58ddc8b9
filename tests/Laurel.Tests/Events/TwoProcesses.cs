using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Laurel.Auth;
using Laurel.Events;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Events;

/// <summary>
/// Two server processes on one database, one of them killed twice in the middle, and clients that try again until they are answered:
/// everything counts, and once.
/// </summary>
public sealed class TwoProcesses(TestPostgres postgres)
{
    private const int Users = 200;
    private const int ActivitiesOfUser = 50;
    private const int Connections = 8;
    private const string Password = "a harbour in the fog";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_in_the_middle_lose_nothing_and_count_nothing_twice()
    {
        var dice = Dice.Thrown();
        await using var folder = new TemporaryFolder();
        await using var auth = await postgres.CreateDatabase("auth", (at, stop) => LaurelApp.Migrate(at, typeof(AuthSetup), stop), Cancellation);
        await using var events = await postgres.CreateDatabase("events", (at, stop) => LaurelApp.Migrate(at, typeof(EventsSetup), stop), Cancellation);
        (string, string)[] settings =
        [
            ("DOTNET_ENVIRONMENT", "Development"),
            ("Laurel__Auth__PasswordIterations", "1000"),
            ("Laurel__MasterKey", Convert.ToBase64String(new byte[32])),
            ("Laurel__Admin__Email", "admin@example.com"),
            ("Laurel__Admin__Password", Password),
            ("ConnectionStrings__Auth", auth.ConnectionString),
            ("ConnectionStrings__Events", events.ConnectionString),
        ];
        await using var steady = LaurelProcess.Serve(folder, settings);
        await steady.Ready();
        var token = (await steady.Api.Post("/v1/auth/login", new { email = "admin@example.com", password = Password })).Is(200).Field("accessToken");
        await DefineEvents(steady.Api.As(token));

        var servers = new Servers(steady);
        var mortal = LaurelProcess.Serve(folder, settings);
        await mortal.Ready();
        servers.Second = mortal;

        var acknowledged = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var shares = Shares(dice);
        var clients = shares.Select((share, client) => Send(share, client, servers, token, acknowledged)).ToList();
        for (var kill = 1; kill <= 2; kill++)
        {
            await Eventually.True(() => Task.FromResult(acknowledged.Count > Users * ActivitiesOfUser * kill / 3));
            await mortal.Kill();
            await mortal.DisposeAsync();
            mortal = LaurelProcess.Serve(folder, settings);
            await mortal.Ready();
            servers.Second = mortal;
        }

        await Task.WhenAll(clients);
        await mortal.DisposeAsync();

        await using var database = NpgsqlDataSource.Create(events.ConnectionString);
        var stored = await database.Query("SELECT user_id || '/' || id FROM activities WHERE type <> 'login'", row => row.GetString(0), [], Cancellation);
        Assert.Equal(Users * ActivitiesOfUser, acknowledged.Count);
        Assert.Equal(acknowledged.Keys.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        var differences = await ProgressAudit.Differences(database, Cancellation);
        Assert.True(differences.Count == 0, $"seed {dice.Seed}: {differences.Count} differ\n{string.Join('\n', differences.Take(10))}");
        Assert.Equal(0L, await database.QueryOne("SELECT count(*) FROM quarantines", row => row.GetInt64(0), [], Cancellation));
    }

    private static async Task DefineEvents(Api @operator)
    {
        var now = TimeProvider.System.GetUtcNow();
        var draft = new DraftEvent(now.AddDays(-10), now.AddDays(10), Goal.Count("hunt", 20)) { DayStartsAt = "05:00" };
        var reward = await @operator.CreatesReward();
        var milestone = await @operator.CreatesReward(new { type = "badge", badgeId = "hunter" });
        foreach (var one in (DraftEvent[])
        [
            draft with { Title = "count", Offers = [new { rewardId = reward }, new { rewardId = milestone, condition = Goal.Count("hunt", 5, new { map = 1 }) }] },
            draft with { Title = "sum by day", Repeats = "daily", Condition = Goal.Sum("hunt", 30, new { map = 1 }) },
            draft with { Title = "days", Condition = Goal.All(Goal.Attendance(4), Goal.Streak(3, grace: 1)) },
            draft with { Title = "any", TimeZone = "America/New_York", Condition = Goal.Any(Goal.Max("hunt", 9), Goal.Distinct("hunt", "map", 3), Goal.SessionTime(300)) },
        ])
        {
            await @operator.Runs(one);
        }
    }

    /// <summary>Each activity one to three times, shuffled, dealt out to the connections.</summary>
    private static List<(string Key, object Body)>[] Shares(Dice dice)
    {
        var now = TimeProvider.System.GetUtcNow();
        string[] types = ["hunt", "hunt", "check_in", "session", "never_measured"];
        var all = new List<(string Key, object Body)>();
        for (var user = 0; user < Users; user++)
        {
            for (var i = 0; i < ActivitiesOfUser; i++)
            {
                var at = now.AddSeconds(-dice.Next(6 * 24 * 3600));
                var body = Playing.Did($"user-{user}", dice.Pick(types), at, $"a{i}", dice.Next(12), new { map = dice.Next(4) });
                all.AddRange(Enumerable.Repeat(($"user-{user}/a{i}", body), dice.Between(1, 3)));
            }
        }

        dice.Shuffle(all);
        return [.. all.Chunk((all.Count / Connections) + 1).Select(share => share.ToList())];
    }

    /// <summary>In batches of different sizes; a batch that is not answered is sent again, to whichever server.</summary>
    private static async Task Send(
        List<(string Key, object Body)> share, int client, Servers servers, string token, ConcurrentDictionary<string, bool> acknowledged)
    {
        var size = 1 + (client * 5);
        var attempt = client;
        foreach (var batch in share.Chunk(size))
        {
            while (true)
            {
                if (await Try(servers.Pick(attempt++), token, batch.Select(one => one.Body)))
                    break;
                await Task.Delay(20, Cancellation);
            }

            foreach (var (key, _) in batch)
                acknowledged[key] = true;
        }
    }

    private static async Task<bool> Try(Uri server, string token, IEnumerable<object> batch)
    {
        using var http = new HttpClient { BaseAddress = server };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        try
        {
            using var answer = await http.PostAsJsonAsync("/v1/activities", batch, JsonRules.Options, Cancellation);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
                return false;
            var text = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
            Assert.DoesNotContain("refused\",", text, StringComparison.Ordinal);
            return true;
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private sealed class Servers(LaurelProcess steady)
    {
        public LaurelProcess? Second { get; set; }

        public Uri Pick(int attempt) => (attempt % 2 == 0 ? steady : Second ?? steady).Api.Http.BaseAddress!;
    }
}

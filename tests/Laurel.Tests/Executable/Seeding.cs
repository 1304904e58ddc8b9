using System.Text.Json.Nodes;
using Laurel.Events.Activities;
using Laurel.Events.Demo;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Executable;

/// <summary>`laurel seed`, beside a running server and alone.</summary>
public sealed class Seeding(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static readonly (string, string)[] Development = [("DOTNET_ENVIRONMENT", "Development")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_demo_is_right_once_and_pleasant_to_read()
    {
        // Somebody has played here before, in another generation of the activity log.
        var early = Playing.NewUser();
        (await app.GameServer().Reports(Playing.Did(early, "check_in", app.Clock.GetUtcNow().AddDays(-2)))).Is(200);
        await app.Events.Execute("UPDATE catalog SET generation_since = now() - interval '8 days'", [], Cancellation);
        await app.Services.GetRequiredService<Generations>().Tend(Cancellation);

        var made = (await LaurelProcess.Run(app, "seed", "--users", "40", "--days", "30")).Well();
        Assert.StartsWith("The demo is there: 40 users, 30 days, 13 events, ", made.Out[^1], StringComparison.Ordinal);
        var stored = await Activities();
        Assert.Equal(40, await Count("SELECT count(DISTINCT user_id) FROM activities WHERE id LIKE 'demo:%'"));
        Assert.Empty(await ProgressAudit.Differences(app.Events, Cancellation));

        await IsTheDemoOfAPlayer(Generated(made));
        await HasEventsOfEveryKind();
        await IsFoundByWhatCountsAnew();

        var again = (await LaurelProcess.Run(app, "seed")).Well();
        Assert.StartsWith("The demo is there already: 40 users, 30 days, up to ", Assert.Single(again.Out), StringComparison.Ordinal);
        Assert.Equal(stored, await Activities());

        await GoesOnWhereItWasBrokenOff(stored);
        Assert.Empty(await ProgressAudit.Differences(app.Events, Cancellation));
        (await LaurelProcess.Run(app, "verify")).Well();
    }

    [Fact]
    public async Task It_works_alone_and_with_a_password_of_ones_own()
    {
        await using var folder = new TemporaryFolder();
        await using (var seed = LaurelProcess.Feed(
            folder, Development, "seven quiet foxes\n", "seed", "--users", "2", "--days", "1", "--email", "ivy@example.com", "--password-stdin"))
        {
            var made = (await seed.End()).Well();
            Assert.Contains("Sign in as ivy@example.com to see what a player sees.", made.Out);
            Assert.DoesNotContain(made.Out, line => line.Contains("password", StringComparison.Ordinal));
        }

        await Leftovers.None(folder);
        (await LaurelProcess.Run(folder, [], "verify")).Well();
        await using var server = LaurelProcess.Serve(folder);
        await server.Ready();
        (await server.Api.Post("/v1/auth/login", new { email = "ivy@example.com", password = "seven quiet foxes" })).Is(200);
        (await server.Interrupt()).Well();
    }

    [Fact]
    public async Task Two_at_once_do_not_make_it_twice()
    {
        var store = ActivatorUtilities.CreateInstance<DemoStore>(app.Services);
        await using (await store.Lock(Cancellation))
            Assert.Contains("Another `laurel seed`", (await LaurelProcess.Run(app, "seed")).Refused(), StringComparison.Ordinal);

        // What is over is over, and in nobody's way: whoever has held it keeps the connection.
        Assert.Equal(0, await Count("SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE locktype = 'advisory' AND objid = 1684368751 AND datname = current_database()"));
    }

    [Fact]
    public async Task Production_is_spared()
    {
        await using var folder = new TemporaryFolder();

        Assert.Contains("--yes", (await LaurelProcess.Run(folder, [], "seed")).Refused(), StringComparison.Ordinal);

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private async Task IsTheDemoOfAPlayer(string password)
    {
        var tokens = (await app.Anonymous.Post("/v1/auth/login", new { email = "player@laurel.local", password })).Is(200);
        var events = (await app.Anonymous.As(tokens.Field("accessToken")).Get("/v1/me/progress")).Is(200).Json["items"]!.AsArray();

        Assert.Equal(9, events.Count);
        Assert.Contains(events, one => one!["phase"]!.GetValue<string>() == "claimable");
        Assert.Contains(events, one => one!["met"]!.GetValue<bool>());
        Assert.Contains(events, one => !one!["met"]!.GetValue<bool>());
        Assert.True(events.Count(one => one!["leaves"]!.AsArray().Any(leaf => leaf!["current"]!.GetValue<long>() > 0)) >= 5, events.ToJsonString());
    }

    private async Task HasEventsOfEveryKind()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var events = (await @operator.Get("/v1/events?limit=100")).Is(200).Json["items"]!.AsArray();
        var rewards = (await @operator.Get("/v1/rewards?limit=100")).Is(200).Json["items"]!.AsArray();

        Assert.Equal(13, events.Count);
        Assert.Equal(["active", "draft", "inactive"], Words(events, "status"));
        Assert.Equal(["claimable", "over", "running", "upcoming"], Words(events, "phase"));
        Assert.Equal(["daily", "monthly", "once", "weekly"], Words(events, "repeats"));
        Assert.Equal(
            ["all", "any", "atLeast", "attendance", "count", "distinct", "max", "quest", "session_time", "streak", "sum"],
            [.. events.SelectMany(one => Conditions(one!["condition"]!)).Distinct().Order(StringComparer.Ordinal)]);
        Assert.Equal(["badge", "coupon", "custom", "item", "points"], Words([.. rewards.SelectMany(reward => reward!["contents"]!.AsArray())], "type"));
    }

    /// <summary>Though its activities are stored weeks after they occurred.</summary>
    private async Task IsFoundByWhatCountsAnew()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var events = (await @operator.Get("/v1/events?limit=100")).Is(200).Json["items"]!.AsArray();
        var off = Id(events, "Double drops");
        (await @operator.Activates(off)).Is(200);
        await @operator.Settles(off);
        Assert.Empty(await ProgressAudit.Differences(app.Events, Cancellation));

        var now = app.Clock.GetUtcNow();
        var tried = await @operator.Post($"/v1/events/{Id(events, "Harvest weekend")}/backtest", new { from = now.AddDays(-24), to = now.AddDays(-12) });
        Assert.NotEqual(0, tried.Is(200).Json["participants"]!.GetValue<long>());
    }

    private async Task GoesOnWhereItWasBrokenOff(long stored)
    {
        await app.Events.Execute("UPDATE demo SET last_generation = NULL", [], Cancellation);
        await app.Events.Execute("DELETE FROM activities WHERE user_id = 'demo-000007'", [], Cancellation);
        await app.Events.Execute("DELETE FROM progress WHERE user_id = 'demo-000007'", [], Cancellation);
        Assert.Contains("--users 40 --days 30", (await LaurelProcess.Run(app, "seed")).Refused(), StringComparison.Ordinal);

        var whole = (await LaurelProcess.Run(app, "seed", "--users", "40", "--days", "30")).Well();

        Assert.Equal("Going on where an earlier attempt was broken off.", whole.Out[0]);
        Assert.Equal(stored, await Activities());
        Assert.Equal(1, await Count("SELECT count(*) FROM events WHERE title = 'Winter lights'"));
    }

    private Task<long> Activities() => Count("SELECT count(*) FROM activities WHERE type <> 'login'");

    private Task<long> Count(string statement) => app.Events.QueryOne(statement, row => row.GetInt64(0), [], Cancellation);

    private static string Generated(Ended made) =>
        Assert.Single(made.Out, line => line.StartsWith("Its password, shown this once: ", StringComparison.Ordinal)).Split(": ")[1];

    private static string Id(JsonArray events, string title) => events.Single(one => one!["title"]!.GetValue<string>() == title)!["id"]!.GetValue<string>();

    private static string[] Words(IEnumerable<JsonNode?> items, string field) =>
        [.. items.Select(item => item![field]!.GetValue<string>()).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Conditions(JsonNode condition) =>
        [condition["type"]!.GetValue<string>(), .. (condition["of"]?.AsArray() ?? []).SelectMany(child => Conditions(child!))];
}

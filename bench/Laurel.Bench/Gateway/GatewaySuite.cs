using Laurel.Bench.Engine;
using Laurel.Bench.Http;

namespace Laurel.Bench.Gateway;

/// <summary>What it costs to be apart: the gateway's hop, against one process that does all, and against the service itself.</summary>
internal static class GatewaySuite
{
    private const int Connections = 32;
    private const int Users = 100_000;

    /// <summary>A rate that both can serve: where a closed loop takes all of the processors, what is measured is how many share them.</summary>
    private const int Steady = 1_000;

    public static Suite Suite => new(
        "gateway",
        SetUp,
        [
            Goal.Ratio("me-apart", "me-together", atLeast: 0.4),
            new Goal(
                "the hop adds at p50", "ms", 1, AtLeast: false, ["steady-apart", "steady-together"],
                figures => Median.Of(figures["steady-apart"].Rounds.Zip(figures["steady-together"].Rounds, (apart, together) => apart.P50Ms - together.P50Ms))),
            Goal.Ratio("batch-apart", "batch-direct", atLeast: 0.8),
            Goal.Ratio("me-1000-routes", "me-10-routes", atLeast: 0.95),
        ]);

    private static async Task SetUp(Stage stage, StageOptions options, CancellationToken cancel)
    {
        if (options.Url is not null)
            throw new BenchException("The suite gateway starts its own servers: it compares them on one PostgreSQL.");

        var cluster = stage.Own(await Cluster.Start(options.Log, cancel));
        stage.PostgreSql = await cluster.Version(cancel);
        stage.Note = $"Apart: a gateway, one auth, one events and a worker, each a process on the same machine. Batches are of 100 activities, by {Users:N0} users. Steady are {Steady:N0} requests a second.";

        var together = stage.Own(await Server.Start(
            [new("ConnectionStrings__Auth", await cluster.MakeDatabase("together_auth", cancel)), new("ConnectionStrings__Events", await cluster.MakeDatabase("together_events", cancel))],
            options.Time, cancel));
        var apart = stage.Own(await Apart.Start(cluster, options, cancel));
        stage.Server = apart.Gateway;
        var game = stage.Own(await Game.On(apart.Gateway, apart.EventsDatabase, events: 10, Users, options, cancel));
        var few = await Registered.Open(apart, services: 10, routesOfEach: 1, cancel);
        var many = await Registered.Open(apart, services: 10, routesOfEach: 100, cancel);
        stage.Scenarios.AddRange(
        [
            Me("me-together", together),
            Me("me-apart", apart.Gateway),
            Me("steady-together", together) with { RequestsPerSecond = Steady },
            Me("steady-apart", apart.Gateway) with { RequestsPerSecond = Steady },
            game.Reports("batch-direct", perRequest: 100, connections: 16, apart.Events.Url),
            game.Reports("batch-apart", perRequest: 100, connections: 16),
            Me("me-10-routes", apart.Gateway, few.Register),
            Me("me-1000-routes", apart.Gateway, many.Register),
        ]);
    }

    private static Scenario Me(string name, Server server, Func<CancellationToken, Task>? before = null) => Scenario.Http(name, server.Url, async cancel =>
    {
        if (before is not null)
            await before(cancel);
        return Requests.Always(Requests.Get(server.Url, "/v1/me", await server.SignIn(cancel)));
    }) with
    {
        Connections = Connections,
    };
}

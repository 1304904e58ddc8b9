using Laurel.Bench.Http;
using Npgsql;

namespace Laurel.Bench.Engine;

/// <summary>
/// What the engine makes of the machine, between two yardsticks: what PostgreSQL can do at all, and what a service written by hand
/// without batches does.
/// </summary>
internal static class EngineSuite
{
    private const int Users = 100_000;

    public static Suite Suite => new(
        "engine",
        SetUp,
        [
        ]);

    private static Scenario Limits(NpgsqlDataSource database, TimeProvider time)
    {
        var clients = (int i) => (IClient)new Limit(database, new Feed(Users, time, i, Limit.Connections));
        return new Scenario("limit", _ => Task.FromResult(clients))
        {
            Connections = Limit.Connections,
            Counted = "activities",
            PerExchange = Limit.BatchSize,
        };
    }

    private static Scenario Posts(string name, Uri server, string path, Func<CancellationToken, Task<string?>> token, int users, TimeProvider time) =>
        Scenario.Http(name, server, async cancel =>
        {
            var bearer = await token(cancel);
            return _ =>
            {
                var feed = new Feed(users, time);
                return Requests.Posts(server, path, bearer, json => feed.Write(json, 1));
            };
        });

    private static async Task SetUp(Stage stage, StageOptions options, CancellationToken cancel)
    {
        if (options.Url is not null)
            throw new BenchException("The suite engine starts its own servers: it compares them on one PostgreSQL.");

        var cluster = stage.Own(await Cluster.Start(options.Log, cancel));
        stage.PostgreSql = await cluster.Version(cancel);

        var limit = stage.Own(await cluster.MakeEventsDatabase("limit", Users, cancel));
        await using (await cluster.MakeEventsDatabase("naive", Users, cancel))
        {
            // The naive server opens it for itself.
        }
        var naive = stage.Own(await NaiveServer.Start(await cluster.MakeDatabase("naive", cancel), options.Time, cancel));

        stage.Scenarios.Add(Limits(limit, options.Time));
        stage.Scenarios.Add(Posts("naive", naive.Url, "/activities", _ => Task.FromResult<string?>(null), Users, options.Time) with { Connections = 128 });
    }
}

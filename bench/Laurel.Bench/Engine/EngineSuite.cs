using System.Text;
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
    private const int MatchingEvents = 3;
    private const int FewRows = 100_000;
    private const int Players = 64;

    public static Suite Suite => new(
        "engine",
        SetUp,
        [
            Goal.Ratio("activities-batch", "limit", atLeast: 0.45) with { Aim = 0.6 },
            Goal.Ratio("activities", "naive", atLeast: 3) with { Aim = 4 },
            Goal.P99("activities", belowMs: 50),
            Goal.Ratio("activities-1000-events", "activities", atLeast: 0.85) with { Aim = 0.95 },
            Goal.Ratio("activities-many-rows", "activities-few-rows", atLeast: 0.6) with { Aim = 0.75 },
            Goal.Rate("progress", atLeast: 7_000) with { Aim = 12_000 },
        ]);

    private static async Task SetUp(Stage stage, StageOptions options, CancellationToken cancel)
    {
        if (options.Url is not null)
            throw new BenchException("The suite engine starts its own servers: it compares them on one PostgreSQL.");

        var cluster = stage.Own(await Cluster.Start(options.Log, cancel));
        async Task<Game> Play(string name, int events, int users) => stage.Own(await Game.Start(cluster, name, events, users, options, cancel));

        stage.PostgreSql = await cluster.Version(cancel);
        stage.Note =
            $"Durable (fsync and synchronous_commit on). Each activity moves {MatchingEvents} rows of progress; {Users:N0} users, 10 running events, " +
            $"where nothing else is said. Few rows of progress are {FewRows:N0}, many are {options.ProgressRows:N0}. " +
            $"Progress is read by {Players} players, with 5 running events.";

        var limit = stage.Own(await cluster.MakeEventsDatabase("limit", Users, cancel));
        var naive = stage.Own(await StartNaive(cluster, options.Time, cancel));
        var game = await Play("game", events: 10, Users);
        var manyEvents = await Play("many_events", events: 1_000, Users);
        var fewRows = await Play("few_rows", events: 10, FewRows / MatchingEvents);
        var manyRows = await Play("many_rows", events: 10, options.ProgressRows / MatchingEvents);
        var looked = await Play("looked", events: 5, users: 1_000);

        stage.Server = game.Server;
        stage.Scenarios.AddRange(
        [
            LimitOf(limit, options.Time),
            game.Reports("activities-batch", perRequest: 100, connections: 16),
            NaiveOf(naive.Url, options.Time),
            game.Reports("activities", perRequest: 1, connections: 128),
            manyEvents.Reports("activities-1000-events", perRequest: 1, connections: 128),
            fewRows.Reports("activities-few-rows", perRequest: 1, connections: 128),
            manyRows.Reports("activities-many-rows", perRequest: 1, connections: 128),
            await looked.Looks("progress", Players, events: 5, cancel),
        ]);
    }

    private static Scenario LimitOf(NpgsqlDataSource database, TimeProvider time)
    {
        var clients = (int shard) => (IClient)new Limit(database, new Feed(Users, time, shard, Limit.Connections));
        return new Scenario("limit", _ => Task.FromResult(clients))
        {
            Connections = Limit.Connections,
            Counted = "activities",
            PerExchange = Limit.BatchSize,
        };
    }

    private static async Task<ServerProcess> StartNaive(Cluster cluster, TimeProvider time, CancellationToken cancel)
    {
        const string name = "naive";
        await using var filled = await cluster.MakeEventsDatabase(name, Users, cancel);
        return await NaiveServer.Start(await cluster.MakeDatabase(name, cancel), time, cancel);
    }

    private static Scenario NaiveOf(Uri server, TimeProvider time)
    {
        RequestWriter Writer(int connection)
        {
            var feed = new Feed(Users, time);
            return Requests.Posts(server, NaiveServer.Path, token: null, json => feed.Write(json, 1));
        }

        return Scenario.Http("naive", server, _ => Task.FromResult<Func<int, RequestWriter>>(Writer), Encoding.UTF8.GetBytes("\"accepted\"")) with
        {
            Connections = 128,
            Counted = "activities",
        };
    }
}

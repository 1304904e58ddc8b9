using System.Text;
using Laurel.Bench.Engine;
using Laurel.Bench.Http;

namespace Laurel.Bench.Claims;

/// <summary>What paying costs: claims of everybody's own, and one stock that all rush for.</summary>
internal static class ClaimsSuite
{
    private const int ClaimingUsers = 100_000;
    private const int Stock = 10_000;

    public static Suite Suite => new(
        "claims",
        SetUp,
        [
            Goal.Ratio("claims", "naive", atLeast: 2) with { Aim = 3 },
            Goal.Rate("claims-rush", atLeast: 8_000) with { Aim = 15_000 },
            Goal.P99("claims-rush", belowMs: 150),
            Goal.Rate("deliveries", atLeast: 3_000) with { Aim = 6_000 },
        ]);

    private static async Task SetUp(Stage stage, StageOptions options, CancellationToken cancel)
    {
        if (options.Url is not null)
            throw new BenchException("The suite claims starts its own server: it signs its users' tokens with that server's key.");

        var cluster = stage.Own(await Cluster.Start(options.Log, cancel));
        stage.PostgreSql = await cluster.Version(cancel);
        stage.Note =
            "Durable (fsync and synchronous_commit on). Each claim is another user's, with a token of their own, and pays 100 points. " +
            $"A rush is {ClaimingUsers:N0} users who claim one offer with a stock of {Stock:N0}; it lasts until all are answered, granted or sold out, " +
            "and fails where other than the stock was granted. Deliveries are webhooks of claims granted before, to one receiver in this tool.";

        if (options.Wants("naive"))
        {
            var database = await cluster.MakeEventsDatabase("naive", ClaimingUsers, cancel);
            stage.Scenarios.Add(NaiveOf(stage.Own(await NaiveServer.Start(database, options.Time, cancel)).Url));
        }

        if (options.Wants("claims") || options.Wants("claims-rush"))
        {
            var claimants = stage.Own(await Claimants.Start(cluster, ClaimingUsers, options, cancel));
            stage.Server = claimants.Server;
            stage.Scenarios.Add(claimants.Claim("claims", connections: 128));
            stage.Scenarios.Add(claimants.Rush("claims-rush", Stock, connections: 256));
        }

        if (options.Wants("deliveries"))
            stage.Scenarios.Add(stage.Own(await Handover.Start(cluster, options, cancel)).Deliver("deliveries"));
    }

    /// <summary>Its users have three events each to claim.</summary>
    private static Scenario NaiveOf(Uri server)
    {
        var turn = -1;
        return Scenario.Http("naive", server, _ => Task.FromResult<Func<int, RequestWriter>>(_ => Writer()), Encoding.UTF8.GetBytes("\"granted\"")) with
        {
            Connections = 128,
            Counted = "claims",
        };

        RequestWriter Writer() => Requests.Posts(server, NaiveServer.ClaimsPath, token: null, json =>
        {
            var n = Interlocked.Increment(ref turn);
            json.WriteStartObject();
            json.WriteString("userId"u8, Feed.UserId(Users.InTurn(n % ClaimingUsers, ClaimingUsers)));
            json.WriteString("eventId"u8, HandWritten.Events[n / ClaimingUsers % HandWritten.Events.Length]);
            json.WriteEndObject();
        });
    }
}

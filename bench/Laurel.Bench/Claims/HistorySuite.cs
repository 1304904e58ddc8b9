using Laurel.Bench.Engine;

namespace Laurel.Bench.Claims;

/// <summary>What looking back costs, when much has been granted: the first page of an operator who asks about an event, or about a user.</summary>
internal static class HistorySuite
{
    public static Suite Suite => new(
        "history",
        SetUp,
        [
            Goal.P99("history-by-event", belowMs: 20) with { Aim = 5 },
            Goal.P99("history-by-user", belowMs: 20) with { Aim = 5 },
        ]);

    private static async Task SetUp(Stage stage, StageOptions options, CancellationToken cancel)
    {
        if (options.Url is not null)
            throw new BenchException("The suite history starts its own server: it fills its tables by hand.");

        var cluster = stage.Own(await Cluster.Start(options.Log, cancel));
        stage.PostgreSql = await cluster.Version(cancel);
        var archive = stage.Own(await Archive.Start(cluster, options, cancel));
        stage.Server = archive.Server;
        stage.Note =
            $"`GET /v1/claims`, the first {Archive.PageSize} of {Archive.Claims:N0} claims of {Archive.Users:N0} users in a year of {Archive.Events} events: by event, " +
            $"status and period, and by user, each at random. {Archive.Operators} operators ask {Archive.PagesPerSecond} times a second together; a latency counts from when a page was due.";
        stage.Scenarios.Add(archive.ByEvent("history-by-event"));
        stage.Scenarios.Add(archive.ByUser("history-by-user"));
    }
}

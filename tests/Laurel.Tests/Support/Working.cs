using System.Text.Json.Nodes;
using Laurel.Events.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Laurel.Tests.Support;

/// <summary>Work in the background, as operators see it.</summary>
public static class Working
{
    /// <summary>The event's jobs, or those of all events, oldest first, when all of them have ended.</summary>
    public static async Task<IReadOnlyList<JsonNode>> Jobs(this Api @operator, string? eventId = null)
    {
        var list = eventId is null ? "/v1/jobs?limit=200" : $"/v1/jobs?eventId={eventId}&limit=200";
        IReadOnlyList<JsonNode> jobs = [];
        await Eventually.True(async () =>
        {
            jobs = [.. (await @operator.Get(list)).Is(200).Json["items"]!.AsArray().Reverse().Select(job => job!)];
            return jobs.All(HasEnded);
        });
        return jobs;
    }

    /// <summary>The job that an answer points to, when it has ended.</summary>
    public static async Task<JsonNode> Job(this Api @operator, string location)
    {
        JsonNode? job = null;
        await Eventually.True(async () => HasEnded(job = (await @operator.Get(location)).Is(200).Json));
        return job!;
    }

    public static string Status(this JsonNode job) => job["status"]!.GetValue<string>();

    /// <summary>From now on this process leaves jobs to others.</summary>
    public static Task StopsWorking(this LaurelApp app) =>
        app.Services.GetServices<IHostedService>().OfType<JobRunner>().Single().StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Takes the job of this kind, as if this were a process of its own.</summary>
    internal static async Task<Job> Takes(this LaurelApp app, JobKind kind) =>
        await app.Services.GetRequiredService<JobStore>().Take([kind], TestContext.Current.CancellationToken) ?? throw new InvalidOperationException($"No job waits: {kind}.");

    internal static Task<Job> Steps(this LaurelApp app, Job job) =>
        app.Services.GetServices<IJobWork>().First(work => work.Kind == job.Kind).Step(job, TestContext.Current.CancellationToken);

    /// <summary>Takes the job of this kind and works on it to its end.</summary>
    internal static async Task<Job> WorksOn(this LaurelApp app, JobKind kind) => await app.WorksOn(await app.Takes(kind));

    internal static async Task<Job> WorksOn(this LaurelApp app, Job job)
    {
        while (job.Status == JobStatus.Running)
            job = await app.Steps(job);
        return job;
    }

    /// <summary>It has ended so, and so many windows of users gained and lost something.</summary>
    public static void Is(this JsonNode job, string kind, string status, int gained, int lost) =>
        Assert.Equal(
            (kind, status, gained, lost),
            ((string)job["kind"]!, job.Status(), (int?)job["result"]?["gained"]?["count"] ?? -1, (int?)job["result"]?["lost"]?["count"] ?? -1));

    private static bool HasEnded(JsonNode job) => job.Status() is not ("queued" or "running");
}

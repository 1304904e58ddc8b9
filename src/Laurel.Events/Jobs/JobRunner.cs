using System.Diagnostics;
using Laurel.Platform.Postgres;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>
/// Works on jobs, one batch after the other, in every worker that is there. What people are waiting for goes first: after each batch
/// it rests as long as that took.
/// </summary>
internal sealed class JobRunner(JobStore jobs, IEnumerable<IJobWork> works, ILogger<JobRunner> log) : BackgroundService
{
    private const int MaxReason = 500;

    /// <summary>How often it looks for a job that another process asked for, or left behind.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long it works on one job before it looks whether another one waits.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(200);

    /// <summary>A job that this process asks for is there when its transaction is committed: a moment later.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private const int Moments = 20;

    private readonly Dictionary<JobKind, IJobWork> _works = works.ToDictionary(work => work.Kind);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var failing = false;
            for (var soon = 0; ;)
            {
                try
                {
                    while (await jobs.Take(_works.Keys, stoppingToken) is { } job)
                        await WorkOn(job, stoppingToken);
                    failing = false;
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    if (!failing)
                        log.LogWarning(exception, "Jobs stand still, and are tried again every {Interval}", Interval);
                    failing = true;
                }

                soon = await jobs.Asked(soon > 0 ? Moment : Interval, stoppingToken) ? Moments : soon - 1;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Whatever was under way has been rolled back, and goes on elsewhere or later.
        }
    }

    private async Task WorkOn(Job job, CancellationToken stopping)
    {
        try
        {
            for (var begun = Stopwatch.GetTimestamp(); job.Status == JobStatus.Running && Stopwatch.GetElapsedTime(begun) < Turn;)
            {
                var batch = Stopwatch.GetTimestamp();
                job = await _works[job.Kind].Step(job, stopping);
                var took = Stopwatch.GetElapsedTime(batch);
                if (job.Status == JobStatus.Running)
                    await Task.Delay(took < LongestRest ? took : LongestRest, stopping);
            }

            if (job.Status == JobStatus.Running)
                await jobs.Release(job, stopping);
            else
                log.LogInformation("The job {Job} ({Kind}) has ended: {Status} {Reason}", job.Id, job.Kind, job.Status, job.Reason);
        }
        catch (LeaseLostException lost)
        {
            log.LogInformation("{Reason}", lost.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await GiveBack(job);
            throw;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            var isPassing = exception.IsPassing();
            // One that is put off again and again may be too much for this database: a person has to know.
            log.Log(
                isPassing && job.Delays < JobStore.MaxAttempts ? LogLevel.Warning : LogLevel.Error,
                exception, "A batch of the job {Job} ({Kind}) {Fate}", job.Id, job.Kind, isPassing ? "is put off" : "failed");
            var reason = $"{exception.GetType().Name}: {exception.Message}";
            reason = reason.Length <= MaxReason ? reason : reason[..MaxReason];
            await (isPassing ? jobs.PutOff(job, reason, stopping) : jobs.Fail(job, reason, stopping));
        }
    }

    private async Task GiveBack(Job job)
    {
        try
        {
            await jobs.Release(job, CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            log.LogWarning(exception, "The job {Job} could not be given back; it goes on when its lease has run out", job.Id);
        }
    }
}

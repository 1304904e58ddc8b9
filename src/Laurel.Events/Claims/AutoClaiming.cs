using System.Diagnostics;
using Laurel.Platform;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>How the intake tells that it has noted something to be claimed.</summary>
internal sealed class DueSignal : IDisposable
{
    private readonly Signal _signal = new();

    public void Wake() => _signal.Tell();

    public Task Told(TimeSpan atMost, CancellationToken cancellation) => _signal.Told(atMost, cancellation);

    public void Dispose() => _signal.Dispose();
}

/// <summary>
/// Claims for users what is due to them, in every process: at once when this process has noted it, and within a second what jobs have
/// noted, or a process that died. The claims go through the pipeline as everybody's do.
/// </summary>
internal sealed class AutoClaiming(EventsDatabase database, Claiming claiming, DueSignal signal, ILogger<AutoClaiming> log) : BackgroundService
{
    /// <summary>Half of what one batch of the pipeline takes: those who claim themselves find room beside it.</summary>
    private const int AtOnce = 250;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>What cannot be said yet is asked again after that.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        try
        {
            while (true)
            {
                try
                {
                    await ClaimAll(stoppingToken);
                    failing = false;
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    if (!failing)
                        log.LogWarning(exception, "What is due to users is not claimed, and is tried again every {Interval}", Interval);
                    failing = true;
                }

                await signal.Told(Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was taken is claimed when its lease has run out, here or elsewhere.
        }
    }

    /// <summary>Until nothing is due. A long queue is worked off beside what people are waiting for: after each part it rests as long as that took.</summary>
    private async Task ClaimAll(CancellationToken stopping)
    {
        while (true)
        {
            var begun = Stopwatch.GetTimestamp();
            var due = await DueClaims.Take(database.Batches, AtOnce, stopping);
            if (due.Count == 0)
                return;
            await Claim(due, stopping);
            if (due.Count == AtOnce)
                await Task.Delay(Stopwatch.GetElapsedTime(begun), stopping);
        }
    }

    /// <summary>
    /// All that are tried for the first time at once. What has failed before is tried alone, so that others do not fail with it, and each
    /// time later.
    /// </summary>
    private async Task Claim(List<DueClaim> due, CancellationToken stopping)
    {
        var delays = (await Task.WhenAll(due.Where(one => one.Attempts == 1).Select(async one => (Due: one, By: await Claim(one, stopping))))).ToList();
        foreach (var one in due.Where(one => one.Attempts > 1))
            delays.Add((one, await Claim(one, stopping)));
        var late = delays.Where(one => one.By is not null).Select(one => (one.Due, one.By!.Value)).ToList();
        if (late.Count > 0)
            await DueClaims.PutOff(database.Batches, late, stopping);
    }

    /// <summary>How long to wait before it is tried again; null where it is settled.</summary>
    private async Task<TimeSpan?> Claim(DueClaim due, CancellationToken stopping)
    {
        var key = due.Key;
        try
        {
            var answer = await claiming.Claim(new ClaimWish(key.UserId, key.Event, key.Offer, key.Window, ClaimOrigin.Auto) { Due = due }, stopping);
            if (answer.StaysDue)
                return Soon;
            // A wallet that is full has rolled all of it back, the note's end too.
            return answer.Refused is [{ Error: var error }] && error == EventsErrors.BalanceFull ? Delay(due) : null;
        }
        catch (Exception failure) when (failure is PostgresException or InvalidOperationException)
        {
            log.LogError(failure, "The offer {Offer} could not be claimed for a user; it is tried again", key.Offer);
            return Delay(due);
        }
    }

    private static TimeSpan Delay(DueClaim due) =>
        TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, 5 * Math.Pow(2, Math.Min(due.Attempts, 20))));
}

using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Events.Claims;

/// <summary>Writes what has been refused, some of it at a time, and rests as long as each time took: it never takes more than half of anything.</summary>
internal sealed class RefusedClaimWriter(RefusedClaims refused, RefusedClaimStore store, ILogger<RefusedClaimWriter> log) : BackgroundService
{
    private const int AtOnce = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private bool _isFailing;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Write(isResting: false, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The clock of the machine, not the TimeProvider: a test that stands still in time still wants it written.
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await Write(isResting: true, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is written at the end.
        }
    }

    private async Task Write(bool isResting, CancellationToken cancellation)
    {
        var left = refused.Take().OrderBy(one => one.Key, RefusedKey.Order).ToList();
        while (left.Count > 0)
        {
            var begun = Stopwatch.GetTimestamp();
            var some = left[..Math.Min(AtOnce, left.Count)];
            try
            {
                refused.Drop(await store.Add(some, CancellationToken.None));
                left.RemoveRange(0, some.Count);
                _isFailing = false;
            }
#pragma warning disable CA1031 // Whatever it is, nothing depends on what is lost here.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                if (!_isFailing)
                    log.LogWarning(failure, "Refused attempts to claim could not be recorded");
                _isFailing = true;
                refused.Drop(left.Sum(one => one.Value.Count));
                return;
            }

            if (isResting && left.Count > 0 && !cancellation.IsCancellationRequested)
                await Task.Delay(Stopwatch.GetElapsedTime(begun), CancellationToken.None);
        }
    }
}

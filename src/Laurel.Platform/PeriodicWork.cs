using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform;

/// <summary>
/// Does a piece of work again and again. A failure is said once, and so is the recovery: an outage must not flood the log.
/// </summary>
internal sealed class PeriodicWork(
    string name, TimeSpan interval, Func<CancellationToken, Task> work, IHostApplicationLifetime lifetime, ILogger<PeriodicWork> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await HasStarted(stoppingToken))
            return;

        var failing = false;
        // The clock of the machine, not the TimeProvider: a test that stands still in time still wants the work done.
        using var timer = new PeriodicTimer(interval);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await work(stoppingToken);
                if (failing)
                    log.LogInformation("{Work} goes on", name);
                failing = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failing)
                    log.LogWarning(exception, "{Work} failed, and is tried again every {Interval}", name, interval);
                failing = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A server that cannot listen ends before it has begun, and tells nothing but why.</summary>
    private async Task<bool> HasStarted(CancellationToken stopping)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        try
        {
            await started.Task.WaitAsync(stopping);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

public static class PeriodicWorkSetup
{
    public static void AddPeriodicWork(
        this IServiceCollection services, string name, TimeSpan interval, Func<IServiceProvider, Func<CancellationToken, Task>> work) =>
        services.AddSingleton<IHostedService>(provider =>
            new PeriodicWork(
                name, interval, work(provider), provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<PeriodicWork>>()));
}

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
        if (!await lifetime.HasStarted(stoppingToken))
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
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // Whatever was under way: it ends.
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
}

public static class PeriodicWorkSetup
{
    public static void AddPeriodicWork(
        this IServiceCollection services, string name, TimeSpan interval, Func<IServiceProvider, Func<CancellationToken, Task>> work) =>
        services.AddSingleton<IHostedService>(provider =>
            new PeriodicWork(
                name, interval, work(provider), provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<PeriodicWork>>()));
}

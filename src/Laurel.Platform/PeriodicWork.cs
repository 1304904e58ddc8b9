using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform;

/// <summary>
/// Does a piece of work again and again, until the process begins to stop. A failure is said once, and so is the recovery: an outage
/// must not flood the log.
/// </summary>
internal sealed class PeriodicWork(
    string name, TimeSpan interval, Func<CancellationToken, Task> work, IHostApplicationLifetime lifetime, ILogger<PeriodicWork> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await lifetime.HasStarted(stoppingToken))
            return;

        // Requests are still served then, but no new ones: what this process asks of itself would be refused.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        await Repeat(ending.Token);
    }

    private async Task Repeat(CancellationToken ending)
    {
        var failing = false;
        // The clock of the machine, not the TimeProvider: a test that stands still in time still wants the work done.
        using var timer = new PeriodicTimer(interval);
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await work(ending);
                if (failing)
                    log.LogInformation("{Work} goes on", name);
                failing = false;
            }
            catch (Exception exception) when (!ending.IsCancellationRequested)
            {
                if (!failing)
                    log.LogWarning(exception, "{Work} failed, and is tried again every {Interval}", name, interval);
                failing = true;
            }
            catch (Exception) when (ending.IsCancellationRequested)
            {
                // Whatever was under way: it ends.
                return;
            }

            try
            {
                await timer.WaitForNextTickAsync(ending);
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

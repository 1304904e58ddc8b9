using Laurel.Events.Catalog;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Laurel.Events.Deliveries;

/// <summary>Keeps a lane for each endpoint that is switched on, in every worker that is there.</summary>
internal sealed class DeliveryWorker(EventCatalog catalog, DeliveryBell bell, IServiceProvider provider, ILogger<DeliveryWorker> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<WebhookId, Running> _lanes = [];

    /// <summary>Lanes that end, and still have attempts under way.</summary>
    private readonly List<Task> _ending = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = bell.Listen();
        try
        {
            while (true)
            {
                Follow(catalog.Current.Webhooks);
                await listener.Wait(Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Follow([]);
            await Task.WhenAll(_ending);
        }
    }

    private void Follow(IReadOnlyList<Webhook> webhooks)
    {
        var wanted = webhooks.Where(webhook => webhook.Enabled).ToDictionary(webhook => webhook.Id);
        foreach (var (id, running) in _lanes.Where(lane => wanted.GetValueOrDefault(lane.Key)?.UpdatedAt != lane.Value.Version).ToList())
        {
            _lanes.Remove(id);
            running.Stop.Cancel();
            _ending.Add(running.Task);
        }

        _ending.RemoveAll(task => task.IsCompleted);
        foreach (var webhook in wanted.Values.Where(webhook => !_lanes.ContainsKey(webhook.Id)))
        {
            var stop = new CancellationTokenSource();
            _lanes.Add(webhook.Id, new Running(webhook.UpdatedAt, stop, Run(webhook, stop.Token)));
        }
    }

    private async Task Run(Webhook webhook, CancellationToken stop)
    {
        try
        {
            // Off this loop, which has others to start.
            await Task.Run(
                async () =>
                {
                    using var lane = ActivatorUtilities.CreateInstance<Lane>(provider, webhook);
                    await lane.Run(stop);
                },
                CancellationToken.None);
        }
#pragma warning disable CA1031 // An endpoint that cannot be served must not stop the others.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            log.LogError(bug, "Nothing is delivered to {Webhook}", webhook.Id);
        }
    }

    private sealed record Running(DateTimeOffset Version, CancellationTokenSource Stop, Task Task);
}

using Laurel.Client;

namespace GameServer;

/// <summary>Asks Laurel for what is to be handed over, as long as the game runs.</summary>
internal sealed class Pulling(LaurelClient laurel, Inventory inventory, ILogger<Pulling> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new DeliveryPuller(laurel, new DeliveryPullerOptions { OnTrouble = trouble => log.LogWarning("{Trouble}", trouble.Message) }).Run(
            (delivery, _) =>
            {
                inventory.Apply(delivery);
                return Task.CompletedTask;
            },
            stoppingToken);
}

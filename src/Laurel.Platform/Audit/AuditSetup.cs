using Laurel.Platform.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Platform.Audit;

public static class AuditSetup
{
    /// <summary>How long a row is at most without a checkpoint that covers it.</summary>
    private static readonly TimeSpan CheckpointPatience = TimeSpan.FromMinutes(1);

    /// <summary>A service's trail: what chains it, reads it and checks it. Each service has one of its own, found by the service's name.</summary>
    public static void AddAudit(this IServiceCollection services, string service, NpgsqlDataSource database)
    {
        services.AddKeyedSingleton(service, (provider, _) => new AuditReader(database, service, Key(provider)));
        services.AddKeyedSingleton(service, (provider, _) => new AuditVerification(database, service, Key(provider)));
        services.AddKeyedSingleton(service, (provider, _) => new AuditChain(database, service, Key(provider), CheckpointPatience, provider.GetRequiredService<ILogger<AuditChain>>()));
    }

    /// <summary>One process at a time extends the chain, whichever is first.</summary>
    public static void AddAuditWork(this IServiceCollection services, string service) =>
        services.AddPeriodicWork(
            $"{service}: audit chain", TimeSpan.FromSeconds(1), provider => provider.GetRequiredKeyedService<AuditChain>(service).Extend);

    private static CheckpointKey Key(IServiceProvider provider) => new(provider.GetRequiredService<SecretBox>());
}

using Laurel.Gateway.Documents;
using Laurel.Gateway.Proxying;
using Laurel.Platform;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace Laurel.Gateway;

/// <summary>The gateway: what is served elsewhere, by Laurel's own services and by others, behind one address.</summary>
public static class GatewaySetup
{
    /// <param name="services">Of the process.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="local">Which of Laurel's services this process serves itself.</param>
    public static void AddGateway(this IServiceCollection services, GatewayOptions options, params IReadOnlyCollection<string> local)
    {
        services.AddSingleton(options);
        var role = new GatewayRole(local);
        services.AddSingleton(role);
        var table = new ProxyTable();
        // Before anything is known of others, what the settings name is served.
        table.Replace([.. options.Services.Select(service => service.ToService())]);
        services.AddSingleton(table);
        services.AddSingleton(provider => new ServiceDocuments(
            provider.GetRequiredService<ProxyTable>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ServiceDocuments>>()));
        services.AddSingleton<AppliedTable>();
        services.AddSingleton<IConfigChangeListener>(provider => provider.GetRequiredService<AppliedTable>());
        services.AddSingleton<RegistryWatch>();
        services.AddSingleton<Failover>();
        services.AddSingleton<Breaker>();
        services.AddSingleton<IPassiveHealthCheckPolicy>(provider => provider.GetRequiredService<Breaker>());
        services.AddReverseProxy().AddTransforms<IdentityTransforms>().AddTransforms<AnswerTransforms>().ConfigureHttpClient((_, handler) => InnerConnections.Bound(handler));
        services.RemoveAll<IProxyConfigProvider>();
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<ProxyTable>());
        services.AddPeriodicWork("gateway: registry", TimeSpan.FromSeconds(1), provider => provider.GetRequiredService<RegistryWatch>().Refresh);
        // Who serves all of Laurel itself can serve before it knows of anybody else.
        if (!role.Others.Any())
            return;
        services.AddSingleton(provider => new ReadinessCheck("registry", _ => provider.GetRequiredService<RegistryWatch>().KnowsLaurel
            ? Task.CompletedTask
            : throw new UnavailableException("It is not known yet where all of Laurel is.")));
    }

    public static void MapGateway(this WebApplication app)
    {
        var failover = app.Services.GetRequiredService<Failover>();
        app.MapReverseProxy(proxy =>
            {
                proxy.Use(failover.Run);
                proxy.UseLoadBalancing();
                proxy.UsePassiveHealthChecks();
            })
            // What is passed on waits in line where it is worked on.
            .ConfigureEndpoints((endpoint, route) => endpoint.WithMetadata(ProxyTable.RuleOf(route)).Limited(ProxyTable.LimitOf(route)).WaitsInItsOwnLine().WithGroupName(route.ClusterId!));
    }
}

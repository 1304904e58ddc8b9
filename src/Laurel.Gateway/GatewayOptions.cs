using Laurel.Platform;
using Laurel.Platform.Registry;
using Microsoft.Extensions.Configuration;

namespace Laurel.Gateway;

/// <summary>A service that is named by the configuration.</summary>
public sealed record ConfiguredService
{
    public string Name { get; init; } = "";

    public string Prefix { get; init; } = "";

    /// <summary>Where its processes are, separated by semicolons.</summary>
    public string Addresses { get; init; } = "";

    public string HealthPath { get; init; } = "/health/ready";

    public bool IdentityHeaders { get; init; }

    internal RegisteredService ToService() => new(
        Name,
        [.. Addresses.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(address => new ServiceInstance(address, HealthPath, IdentityHeaders: IdentityHeaders))],
        Prefix);
}

/// <summary>The settings of the gateway (<c>Laurel:Gateway</c>), checked once at start.</summary>
public sealed record GatewayOptions
{
    public IReadOnlyList<ConfiguredService> Services { get; init; } = [];

    public static GatewayOptions Read(IConfiguration configuration)
    {
        GatewayOptions options;
        try
        {
            options = configuration.GetSection("Laurel:Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
        }
        catch (InvalidOperationException exception)
        {
            throw new StartupException($"The settings Laurel__Gateway cannot be read: {exception.Message}", exception);
        }

        foreach (var service in options.Services)
        {
            if (!RouteTable.IsPrefix(service.Prefix) || RouteTable.IsBelow(service.Prefix, "/v1"))
                throw new StartupException($"Laurel__Gateway__Services names the prefix '{service.Prefix}': one is like /leaderboards, and below /v1 is Laurel's own.");
            var instances = service.ToService().Instances;
            if (instances.Count == 0 || !instances.All(instance => InnerAddress.Is(instance.Address, out _)))
                throw new StartupException($"Laurel__Gateway__Services names no address for '{service.Name}', or one that is none: an address is like http://10.0.0.7:5000.");
        }

        return options;
    }
}

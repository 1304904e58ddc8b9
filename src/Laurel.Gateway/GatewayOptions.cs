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

    public bool PassesToken { get; init; }

    internal RegisteredService ToService() => new(
        Name,
        [.. Addresses.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(address => new ServiceInstance(address, HealthPath, IdentityHeaders: IdentityHeaders))],
        Prefix,
        PassesToken: PassesToken);
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

        if (options.Services.Select(service => service.Name).FirstOrDefault(name => !RouteTable.IsName(name) || RegistrySnapshot.OwnNames.Contains(name)) is { } unusable)
            throw new StartupException($"Laurel__Gateway__Services needs a name for each service, 2 to 40 letters a to z, digits and hyphens, and '{unusable}' is none.");
        if (options.Services.DistinctBy(service => service.Name).Count() < options.Services.Count)
            throw new StartupException("Laurel__Gateway__Services names a service twice: more addresses of one are separated by semicolons.");
        foreach (var service in options.Services)
        {
            if (!RouteTable.IsPrefix(service.Prefix) || RouteTable.IsReserved(service.Prefix))
                throw new StartupException($"Laurel__Gateway__Services names the prefix '{service.Prefix}': one is like /leaderboards; Laurel's own are {string.Join(", ", RouteTable.Reserved)}.");
            if (options.Services.FirstOrDefault(other => other != service && RouteTable.IsBelow(service.Prefix, other.Prefix)) is { } above)
                throw new StartupException($"Laurel__Gateway__Services gives '{service.Name}' a prefix that is also '{above.Name}'s.");
            var instances = service.ToService().Instances;
            if (instances.Count == 0 || !instances.All(instance => InnerAddress.Is(instance.Address, out _)))
                throw new StartupException($"Laurel__Gateway__Services names no address for '{service.Name}', or one that is none: an address is like http://10.0.0.7:5000.");
            if (instances.DistinctBy(instance => instance.Address, StringComparer.OrdinalIgnoreCase).Count() < instances.Count)
                throw new StartupException($"Laurel__Gateway__Services names an address of '{service.Name}' twice.");
        }

        return options;
    }
}

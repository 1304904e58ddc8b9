using Laurel.Platform.Registry;
using Yarp.ReverseProxy.Configuration;

namespace Laurel.Gateway.Proxying;

/// <summary>What has become routes. A table that YARP finds a fault with never does, and the one before stays.</summary>
internal sealed class AppliedTable : IConfigChangeListener
{
    private volatile IReadOnlyList<RegisteredService> _services = [];

    public IReadOnlyList<RegisteredService> Services => _services;

    public void ConfigurationApplied(IReadOnlyList<IProxyConfig> proxyConfigs) => _services = [.. proxyConfigs.SelectMany(ProxyTable.ServicesOf)];

    /// <summary>YARP logs it.</summary>
    public void ConfigurationApplyingFailed(IReadOnlyList<IProxyConfig> proxyConfigs, Exception exception)
    {
    }

    public void ConfigurationLoaded(IReadOnlyList<IProxyConfig> proxyConfigs)
    {
    }

    public void ConfigurationLoadingFailed(IProxyConfigProvider configProvider, Exception exception)
    {
    }
}

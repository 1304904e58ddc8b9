using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Laurel.Gateway.Proxying;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Registry;
using Microsoft.Extensions.Logging;

namespace Laurel.Gateway;

/// <summary>Keeps up with which services there are. While auth is away the gateway goes on with those that it knows.</summary>
internal sealed class RegistryWatch(
    AuthAddress auth, ClusterKey cluster, GatewayOptions options, GatewayRole role, ProxyTable table, ILogger<RegistryWatch> log)
{
    private readonly RegisteredService[] _configured = [.. options.Services.Select(service => service.ToService())];
    private string? _tag;

    /// <summary>Whether it has ever been told.</summary>
    public bool IsLoaded => _tag is not null;

    public async Task Refresh(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, auth.Uri("/v1/services/registry"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Stamp());
        if (_tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", _tag);
        using var response = await auth.Client.SendAsync(request, cancellation);
        if (response.StatusCode == HttpStatusCode.NotModified)
            return;
        response.EnsureSuccessStatusCode();
        var snapshot = await response.Content.ReadFromJsonAsync<RegistrySnapshot>(JsonRules.Options, cancellation);
        table.Replace([.. snapshot!.Services.Where(service => !role.Serves(service.Name) && !TakesWhatIsConfigured(service)), .. _configured]);
        _tag = response.Headers.ETag?.Tag;
    }

    /// <summary>The registry does not know what this gateway's settings name; who registers in its place gets nothing.</summary>
    private bool TakesWhatIsConfigured(RegisteredService service)
    {
        var takes = Array.Exists(_configured, configured => configured.Name == service.Name
            || (service.Prefix is { } prefix && (RouteTable.IsBelow(prefix, configured.Prefix!) || RouteTable.IsBelow(configured.Prefix!, prefix))));
        if (takes)
            log.LogWarning("The service {Service} has registered in the place of one that the settings name, and gets no requests", service.Name);
        return takes;
    }
}

/// <summary>Which services this very process serves: what is here is not passed on.</summary>
internal sealed record GatewayRole(IReadOnlyCollection<string> Local)
{
    public bool Serves(string service) => Local.Contains(service);
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Laurel.Gateway.Proxying;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Registry;
using Microsoft.Extensions.Logging;

namespace Laurel.Gateway;

/// <summary>
/// Keeps up with which services there are. While auth is away the gateway goes on with those that it knows; and for a lease longer, since
/// nobody could renew theirs meanwhile.
/// </summary>
internal sealed class RegistryWatch(
    AuthAddress auth, ClusterKey cluster, GatewayOptions options, GatewayRole role, ProxyTable table, AppliedTable applied, TimeProvider time, ILogger<RegistryWatch> log)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly RegisteredService[] _configured = [.. options.Services.Select(service => service.ToService())];
    private string? _tag;
    private DateTimeOffset? _heard;
    private IReadOnlyList<RegisteredService> _told = [];
    private (IReadOnlyList<RegisteredService> Services, DateTimeOffset Until)? _kept;

    /// <summary>Whether there have been routes a second ago to all of Laurel, be it that a service has gone again. That it is known of is not enough.</summary>
    public bool KnowsLaurel { get; private set; }

    public async Task Refresh(CancellationToken cancellation)
    {
        KnowsLaurel = role.Others.All(name => applied.Services.Any(service => service.Name == name));
        using var request = new HttpRequestMessage(HttpMethod.Get, auth.Uri("/v1/services/registry"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Stamp());
        if (_tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", _tag);
        using var response = await auth.Client.SendAsync(request, cancellation);
        if (response.StatusCode != HttpStatusCode.NotModified)
            response.EnsureSuccessStatusCode();

        var now = time.GetUtcNow();
        var isOver = _kept?.Until <= now;
        if (isOver)
            _kept = null;
        if (now - _heard > Silence)
            _kept = (Known, now + RegistrySnapshot.Lease);
        _heard = now;
        if (response.StatusCode == HttpStatusCode.NotModified && !isOver)
            return;
        if (response.StatusCode != HttpStatusCode.NotModified)
        {
            var snapshot = await response.Content.ReadFromJsonAsync<RegistrySnapshot>(JsonRules.AmongOurselves, cancellation);
            _told = [.. snapshot!.Services.Where(service => !role.Serves(service.Name) && !TakesWhatIsConfigured(service))];
        }

        table.Replace([.. Known, .. _configured]);
        _tag = response.Headers.ETag?.Tag ?? _tag;
    }

    private IReadOnlyList<RegisteredService> Known => _kept is { } kept ? WithProcessesOf(kept.Services, _told) : _told;

    /// <summary>What an admin has removed meanwhile is not told of, and stays removed.</summary>
    private static IReadOnlyList<RegisteredService> WithProcessesOf(IReadOnlyList<RegisteredService> before, IReadOnlyList<RegisteredService> told) =>
    [
        .. from service in told
           let known = before.FirstOrDefault(known => (known.Name, known.Prefix, known.Owner) == (service.Name, service.Prefix, service.Owner))?.Instances ?? []
           select service with { Instances = [.. known.ExceptBy(service.Instances.Select(instance => instance.Address), instance => instance.Address), .. service.Instances] },
    ];

    /// <summary>The registry does not know what this gateway's settings name; who registers in its place gets nothing.</summary>
    private bool TakesWhatIsConfigured(RegisteredService service)
    {
        var takes = Array.Exists(_configured, configured => configured.Name.Equals(service.Name, StringComparison.OrdinalIgnoreCase)
            || (service.Prefix is { } prefix && (RouteTable.IsBelow(prefix, configured.Prefix!) || RouteTable.IsBelow(configured.Prefix!, prefix))));
        if (takes)
            log.LogWarning("The service {Service} has registered in the place of one that the settings name, and gets no requests", service.Name);
        return takes;
    }
}

/// <summary>Which services this very process serves: what is here is not passed on.</summary>
internal sealed record GatewayRole(IReadOnlyCollection<string> Local)
{
    /// <summary>Those of Laurel's services that are elsewhere.</summary>
    public IEnumerable<string> Others => RegistrySnapshot.OwnNames.Except(Local);

    public bool Serves(string service) => Local.Contains(service);
}

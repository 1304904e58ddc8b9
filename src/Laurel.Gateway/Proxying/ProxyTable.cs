using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Registry;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Laurel.Gateway.Proxying;

/// <summary>What is passed on to whom, as YARP wants to be told: replaced whole.</summary>
internal sealed class ProxyTable : IProxyConfigProvider
{
    /// <summary>Of a route whose service wants to be told who calls: the account that owns the service, if any.</summary>
    public const string IdentityHeaders = "identity";

    private const string OwnKey = "own";
    private const string TokenKey = "token";
    private const string RolesKey = "roles";
    private const string ScopesKey = "scopes";
    private const string RepeatKey = "repeat";
    private const string LimitKey = "limit";
    private const string Anyone = "anyone";

    private static readonly Role[] Everybody = [Role.User, Role.Operator, Role.Auditor, Role.Admin];

    private volatile Config _config = new([], [], []);

    /// <summary>What it was made of.</summary>
    public IReadOnlyList<RegisteredService> Services => _config.Services;

    public IProxyConfig GetConfig() => _config;

    public void Replace(IReadOnlyList<RegisteredService> services)
    {
        var before = _config;
        _config = new Config(services, [.. services.SelectMany(RoutesOf)], [.. services.Where(service => service.Instances.Count > 0 || service.Absent is not null).Select(ClusterOf)]);
        before.Change();
    }

    public static IReadOnlyList<RegisteredService> ServicesOf(IProxyConfig config) => ((Config)config).Services;

    /// <summary>Who may pass, by what stands in the route.</summary>
    public static AccessRule RuleOf(RouteConfig route)
    {
        var metadata = route.Metadata!;
        return metadata[RolesKey] == Anyone
            ? new AccessRule(Anyone: true, [], [])
            : new AccessRule(
                Anyone: false,
                [.. Words(metadata[RolesKey]).Select(WireNames<Role>.Parse)],
                [.. Words(metadata[ScopesKey])]);
    }

    /// <summary>Whether it is one of Laurel's own services.</summary>
    public static bool IsOwn(RouteConfig route) => route.Metadata?.ContainsKey(OwnKey) == true;

    /// <summary>Whether its service is given the tokens of who calls.</summary>
    public static bool PassesToken(RouteConfig route) => route.Metadata?.ContainsKey(TokenKey) == true;

    public static LimitKind LimitOf(RouteConfig route) => route.Metadata?.GetValueOrDefault(LimitKey) is { } text ? Enum.Parse<LimitKind>(text) : LimitKind.Usual;

    public static Repeat? RepeatOf(RouteConfig route) => route.Metadata?.GetValueOrDefault(RepeatKey) is { } text ? Enum.Parse<Repeat>(text) : null;

    private static IEnumerable<RouteConfig> RoutesOf(RegisteredService service)
    {
        // Of a route that two versions of a service state, what the one says that came last holds.
        var stated = new Dictionary<(string Method, string Shape), (ServiceRoute Route, ServiceInstance By)>();
        // Who is away is told to be away: that there is no such route would be taken for good.
        foreach (var instance in service.Absent is { } absent ? [absent] : service.Instances)
        {
            // One that has not said yet that its service stands elsewhere now may state what is another's meanwhile.
            foreach (var route in (instance.Routes ?? []).Where(route => service.Prefix is not { } below || RouteTable.IsBelow(route.Path, below)))
                stated[(route.Method, RouteTable.Shape(route.Path))] = (route, instance);
        }

        foreach (var (route, by) in stated.Values)
            yield return RouteOf(service, by, $"{service.Name} {route.Method} {route.Path}", route.Path, [route.Method], route);
        if (service is { Prefix: null, Instances: [.., { OpenApiPath: { } openApi } documented] })
            yield return RouteOf(service, documented, $"{service.Name} {openApi}", openApi, ["GET"], new ServiceRoute("GET", openApi, Anyone: true));
        if (service is { Prefix: { } prefix, Instances: [.., { Routes: null } last] })
            yield return RouteOf(service, last, $"{service.Name} {prefix}", prefix + "/{**rest}", null, new ServiceRoute("*", prefix, Roles: Everybody));
    }

    private static RouteConfig RouteOf(
        RegisteredService service, ServiceInstance by, string id, string path, IReadOnlyList<string>? methods, ServiceRoute route)
    {
        var rule = route.Rule;
        var metadata = new Dictionary<string, string>
        {
            [RolesKey] = rule.Anyone ? Anyone : string.Join(' ', rule.Roles.Select(WireNames<Role>.Of)),
            [ScopesKey] = string.Join(' ', rule.Scopes),
        };
        // Only Laurel's own say how they are counted: others might say that they are not.
        if (route.Limit is { } limit && service.Prefix is null)
            metadata[LimitKey] = limit.ToString();
        if (route.Repeat is { } when)
            metadata[RepeatKey] = when.ToString();
        if (by.IdentityHeaders)
            metadata[IdentityHeaders] = service.Owner ?? "";
        if (service.PassesToken)
            metadata[TokenKey] = "";
        if (service.Prefix is null)
            metadata[OwnKey] = metadata[TokenKey] = "";
        return new RouteConfig
        {
            RouteId = id,
            ClusterId = service.Name,
            Match = new RouteMatch { Path = path, Methods = methods },
            MaxRequestBodySize = route.MaxBodyBytes,
            Metadata = metadata,
        };
    }

    private static ClusterConfig ClusterOf(RegisteredService service) => new()
    {
        ClusterId = service.Name,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = service.Instances.ToDictionary(
            instance => instance.Address,
            instance => new DestinationConfig { Address = instance.Address, Health = instance.Address.TrimEnd('/') + instance.HealthPath }),
        HttpRequest = new() { ActivityTimeout = Patience.ForAnswer, Version = System.Net.HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
        HealthCheck = new HealthCheckConfig
        {
            Active = new ActiveHealthCheckConfig { Enabled = true, Interval = Patience.BetweenProbes, Timeout = Patience.ForProbe, Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures },
            // None at all is said at once, and not asked in despair.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyAndUnknown,
            Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = Breaker.PolicyName, ReactivationPeriod = Patience.OfBreaker },
        },
        Metadata = new Dictionary<string, string> { [ConsecutiveFailuresHealthPolicyOptions.ThresholdMetadataName] = 2.ToString(CultureInfo.InvariantCulture) },
    };

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [SuppressMessage("Design", "CA1001", Justification = "It holds no handle and no timer, and whoever reads it may still wait for its end.")]
    private sealed class Config(IReadOnlyList<RegisteredService> services, IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) : IProxyConfig
    {
        private readonly CancellationTokenSource _changed = new();

        public IReadOnlyList<RegisteredService> Services => services;

        public IReadOnlyList<RouteConfig> Routes => routes;

        public IReadOnlyList<ClusterConfig> Clusters => clusters;

        public IChangeToken ChangeToken => field ??= new CancellationChangeToken(_changed.Token);

        public void Change() => _changed.Cancel();
    }
}

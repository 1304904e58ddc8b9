using Laurel.Platform.Http;
using Laurel.Platform.Registry;

namespace Laurel.Auth.Registry;

/// <summary>What may stand behind the gateway. Pure.</summary>
internal static class ServiceRules
{
    /// <summary>To be found among the paths would take a gateway more memory than it has.</summary>
    public static FieldError Tangled => new FieldError("routes", "tangled_routes", "Too many of these paths differ by a parameter here and plain segments there: give each its own plain beginning.");

    public static FieldError? CheckPrefix(string prefix)
    {
        if (!RouteTable.IsPrefix(prefix))
            return new FieldError("prefix", "invalid_prefix", "A prefix is like /leaderboards or /games/chess: lower case, without a slash at its end.");
        return RouteTable.IsReserved(prefix)
            ? new FieldError("prefix", "reserved_prefix", $"Laurel's own are {string.Join(", ", RouteTable.Reserved)} and what is below.")
            : null;
    }

    public static IEnumerable<FieldError> Check(ServiceInstance instance, string? prefix)
    {
        if (!InnerAddress.Is(instance.Address, out _))
            yield return new FieldError("address", "invalid_address", "An address is like http://10.0.0.7:5000: no path, no user, and none that is link-local, multicast or unspecified.");
        if (!IsPath(instance.HealthPath))
            yield return new FieldError("healthPath", "invalid_path", "A path begins with a slash.");
        if (instance.OpenApiPath is { } openApi && !IsPath(openApi))
            yield return new FieldError("openApiPath", "invalid_path", "A path begins with a slash.");
        if (instance.Routes is not { } routes)
            yield break;
        if (routes.Count > RouteTable.MaxRoutes)
            yield return new FieldError("routes", "too_many", $"A service has up to {RouteTable.MaxRoutes} routes.");
        for (var i = 0; i < Math.Min(routes.Count, RouteTable.MaxRoutes); i++)
        {
            if (RouteTable.Fault(routes[i], prefix) is { } fault)
                yield return new FieldError($"routes[{i}]", "invalid_route", fault);
        }

        if (routes.DistinctBy(route => (route.Method, RouteTable.Shape(route.Path))).Count() < routes.Count)
            yield return new FieldError("routes", "repeated_route", "Each route stands here once.");
        // Only what is a path has few enough segments to be walked.
        if (routes.Count <= RouteTable.MaxRoutes && routes.All(route => RouteTable.Fault(route, prefix) is null) && RouteTree.Size(routes) > RouteTree.MaxSize)
            yield return Tangled;
    }

    private static bool IsPath(string path) => path.Length is > 0 and <= 200 && path[0] == '/' && !path.AsSpan().ContainsAnyExceptInRange('!', '~') && !path.Contains("//", StringComparison.Ordinal);
}

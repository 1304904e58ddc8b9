using System.Text.RegularExpressions;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Limits;
using Laurel.Platform.Tokens;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Platform.Registry;

/// <summary>The routes of a process, read from its real endpoints: a service's own statement of what it serves and to whom.</summary>
public static partial class RouteTable
{
    public const int MaxRoutes = 2_000;
    public const int MaxPath = 200;
    public const int MaxScopes = 20;
    public const long MaxBody = 64 * 1024 * 1024;

    /// <summary>What Laurel serves itself, now or later.</summary>
    public static readonly IReadOnlyList<string> Reserved = ["/v1", "/health", "/metrics", "/docs", "/openapi", "/console"];

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <param name="endpoints">All of a process.</param>
    /// <param name="documents">Whose endpoints are meant, by the documents in which they are described.</param>
    public static List<ServiceRoute> Of(EndpointDataSource endpoints, params IReadOnlyCollection<string> documents) =>
    [
        .. from endpoint in endpoints.Endpoints.OfType<RouteEndpoint>()
           where endpoint.Metadata.GetMetadata<IEndpointGroupNameMetadata>() is { } named && documents.Contains(named.EndpointGroupName)
           let rule = endpoint.Metadata.GetMetadata<AccessRule>() ?? throw new InvalidOperationException($"{endpoint.DisplayName} has no rule of access.")
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
           select new ServiceRoute(
               method, Absolute(endpoint.RoutePattern.RawText!), rule.Anyone, rule.Roles, rule.Scopes,
               endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize, RepeatOf(endpoint, method),
               LimitKinds.Of(endpoint) is not LimitKind.Usual and var kind ? kind : null),
    ];

    /// <summary>What is wrong with a route that somebody wants to have passed on; null: nothing.</summary>
    public static string? Fault(ServiceRoute route, string? prefix)
    {
        if (!Methods.Contains(route.Method))
            return $"The method is one of {string.Join(", ", Methods)}.";
        if (route.Path.Length > MaxPath || !Template().IsMatch(route.Path))
            return $"A path has up to {MaxPath} characters and is made of plain segments, {{name}}, {{name:guid}}, {{name:int}}, and {{**rest}} at the end.";
        if (Parameters().Matches(route.Path).GroupBy(parameter => parameter.Groups["name"].Value, StringComparer.OrdinalIgnoreCase).Any(same => same.Count() > 1))
            return "Each name stands in a path once.";
        if (prefix is not null && !IsBelow(route.Path, prefix))
            return $"All that this service serves is below {prefix}.";
        if (route.MaxBodyBytes is < 0 or > MaxBody)
            return $"A body has up to {MaxBody} bytes.";
        if (route.Roles is { } roles && roles.Distinct().Count() < roles.Count)
            return "Each role stands here once.";
        if (route.Scopes is { } scopes && (scopes.Count > MaxScopes || !scopes.All(scope => scope.Length <= 100 && TokenClaims.IsScope(scope))))
            return $"A scope is a word of up to 100 characters without spaces and quotation marks, and a route has up to {MaxScopes}.";
        return null;
    }

    /// <summary>Equal for templates between which no path could choose: what their parameters are called, and letter case, makes no difference.</summary>
    public static string Shape(string template) => Parameters().Replace(template.TrimEnd('/'), "{${stars}").ToLowerInvariant();

    public static bool IsReserved(string prefix) => Reserved.Any(reserved => IsBelow(prefix, reserved));

    /// <summary>Of a service. In lower case: letter case makes no difference to a gateway.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    public static bool IsPrefix(string text) => text.Length is > 1 and <= 100 && Prefix().IsMatch(text);

    public static bool IsBelow(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (path.Length == prefix.Length || path[prefix.Length] == '/');

    /// <summary>A key promises nothing where nobody looks at it, so only an endpoint that binds the header is sent one again.</summary>
    private static Repeat RepeatOf(RouteEndpoint endpoint, string method) =>
        endpoint.Metadata.GetMetadata<Repeatable>()?.When
        ?? (RepeatableMapping.IsRead(method) ? Repeat.Always
            : endpoint.Metadata.OfType<RequestHeader>().Any(header => header.Name == IdempotencyKeyHeader.Name) ? Repeat.WithKey
            : Repeat.Never);

    private static string Absolute(string template) => template.StartsWith('/') ? template : "/" + template;

    [GeneratedRegex(
        @"^(/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*(:(guid|int))?\}))*(/\{\*\*[A-Za-z][A-Za-z0-9]*\}|/)?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Template();

    [GeneratedRegex(@"\{(?<stars>\**)(?<name>[A-Za-z][A-Za-z0-9]*)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameters();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{1,39}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"^(/[a-z0-9][a-z0-9._~-]*)+\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Prefix();
}

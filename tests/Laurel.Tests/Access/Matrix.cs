using System.Text.RegularExpressions;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Tests.Access;

/// <summary>One endpoint of the real route table.</summary>
/// <param name="Method">Of HTTP.</param>
/// <param name="Template">Of its path.</param>
/// <param name="Service">Whose it is; null: every process has one of its own.</param>
internal sealed record Served(string Method, string Template, string? Service);

/// <summary>Who may call what: everybody, every endpoint, and what comes of it.</summary>
internal static partial class Matrix
{
    public static IReadOnlyList<Served> Endpoints(LaurelApp app) =>
    [
        .. app.Endpoints
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(method => new Served(
                method, '/' + route.RoutePattern.RawText!.Trim('/').Replace(":guid", "", StringComparison.Ordinal), route.Metadata.GetMetadata<IEndpointGroupNameMetadata>()?.EndpointGroupName)) ?? [])
            // Documents of Laurel's own services are passed on by their names.
            .Where(endpoint => endpoint.Template is not ("/openapi/auth.json" or "/openapi/events.json"))
            .DistinctBy(endpoint => (endpoint.Method, endpoint.Template))
            .OrderBy(endpoint => endpoint.Template, StringComparer.Ordinal)
            .ThenBy(endpoint => endpoint.Method, StringComparer.Ordinal),
    ];

    /// <summary>The tokens of nobody, of each role, of a service account without scopes, and of one with all.</summary>
    public static async Task<IReadOnlyList<string?>> Everybody(LaurelApp app)
    {
        var tokens = new List<string?> { null };
        foreach (var role in Enum.GetValues<Role>())
            tokens.Add((await app.SignedIn(role)).Api.Token);
        return [.. tokens, app.ServiceToken(), app.ServiceToken([.. Scopes.All])];
    }

    /// <summary>With no body and made-up ids a request that gets through is refused by the endpoint: 400, 404, 415, 422.</summary>
    public static async Task<string> Cell(Api caller, Served endpoint, params (string Name, string Value)[] headers)
    {
        var path = PathParameter().Replace(endpoint.Template.Replace("{document}", "auth", StringComparison.Ordinal), Guid.Empty.ToString());
        var answer = await caller.Send(new HttpMethod(endpoint.Method), path, null, headers);
        return answer switch
        {
            { Status: 401, Code: "unauthenticated" } => "401",
            { Status: 403, Code: "forbidden" } => "403",
            { Status: 401 or 403 or >= 500 } => throw new InvalidOperationException($"{answer.Request} answered {answer.Status}: {answer.Text}"),
            _ => "✓",
        };
    }

    [GeneratedRegex(@"\{[a-zA-Z]+\}", RegexOptions.NonBacktracking)]
    private static partial Regex PathParameter();
}

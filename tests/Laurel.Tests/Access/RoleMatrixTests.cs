using System.Text;
using System.Text.RegularExpressions;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Access;

/// <summary>
/// Who may call what: every endpoint of the real route table, called for real by everybody. An endpoint that is not in
/// docs/role-matrix.md, or that lets somebody else through than stands there, fails.
/// </summary>
public sealed partial class RoleMatrixTests(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task Every_endpoint_lets_through_whom_the_matrix_names()
    {
        var page = new StringBuilder(
            """
            # Role matrix

            Who gets through to an endpoint, as seen by calling every endpoint of the route table as everybody.
            A tick: the request reached the endpoint (which may still refuse it, for what it asks). `401`, `403`: it did not.
            "Service" has no scope at all; "with scope" has all of them.

            | endpoint | anonymous | USER | OPERATOR | AUDITOR | ADMIN | service | with scope |
            |---|---|---|---|---|---|---|---|

            """);
        foreach (var (method, template) in Endpoints())
        {
            var cells = new List<string> { await Cell(method, template, app.Anonymous) };
            foreach (var role in Enum.GetValues<Role>())
                cells.Add(await Cell(method, template, (await app.SignedIn(role)).Api));
            cells.Add(await Cell(method, template, app.Anonymous.As(app.ServiceToken())));
            cells.Add(await Cell(method, template, app.Anonymous.As(app.ServiceToken([.. Scopes.All]))));
            page.AppendLine($"| `{method} {template}` | {string.Join(" | ", cells)} |");
        }

        await Golden.Check("docs/role-matrix.md", page.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_endpoint_states_who_may_call_it()
    {
        var silent = Routes().Where(route => route.Metadata.GetMetadata<AccessRule>() is null).Select(route => route.DisplayName);
        Assert.Empty(silent);
    }

    /// <summary>With no body and made-up ids a request that gets through is refused by the endpoint: 400, 404, 415, 422.</summary>
    private static async Task<string> Cell(string method, string template, Api caller)
    {
        var path = PathParameter().Replace(template.Replace("{document}", "auth", StringComparison.Ordinal), Guid.Empty.ToString());
        var answer = await caller.Send(new HttpMethod(method), path);
        return answer switch
        {
            { Status: 401, Code: "unauthenticated" } => "401",
            { Status: 403, Code: "forbidden" } => "403",
            { Status: 401 or 403 or >= 500 } => throw new InvalidOperationException($"{answer.Request} answered {answer.Status}: {answer.Text}"),
            _ => "✓",
        };
    }

    private IEnumerable<(string Method, string Template)> Endpoints() => Routes()
        .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(method =>
            (method, '/' + route.RoutePattern.RawText!.Trim('/').Replace(":guid", "", StringComparison.Ordinal))) ?? [])
        .OrderBy(endpoint => endpoint.Item2, StringComparer.Ordinal)
        .ThenBy(endpoint => endpoint.method, StringComparer.Ordinal);

    [GeneratedRegex(@"\{[a-zA-Z]+\}", RegexOptions.NonBacktracking)]
    private static partial Regex PathParameter();

    private IEnumerable<RouteEndpoint> Routes() =>
        app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
}

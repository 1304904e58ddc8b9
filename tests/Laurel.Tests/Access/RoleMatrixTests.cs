using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Access;

/// <summary>
/// Who may call what: every endpoint of the real route table, called for real by everybody. An endpoint that is not in
/// docs/role-matrix.md, or that lets somebody else through than stands there, fails.
/// </summary>
public sealed class RoleMatrixTests(LaurelApp app) : IClassFixture<LaurelApp>
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
        foreach (var endpoint in Matrix.Endpoints(app))
        {
            var cells = new List<string>();
            // Somebody signed in anew for each: to some an answer is the end of their session.
            foreach (var token in await Matrix.Everybody(app))
                cells.Add(await Matrix.Cell(app.Anonymous.As(token), endpoint));
            page.AppendLine($"| `{endpoint.Method} {endpoint.Template}` | {string.Join(" | ", cells)} |");
        }

        await Golden.Check("docs/role-matrix.md", page.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Every_endpoint_states_who_may_call_it()
    {
        var silent = app.Endpoints.Where(route => route.Metadata.GetMetadata<AccessRule>() is null).Select(route => route.DisplayName);
        Assert.Empty(silent);
    }
}

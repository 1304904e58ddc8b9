using Laurel.Docs;
using Laurel.Tests.Support;

namespace Laurel.Tests.Http;

public sealed class OpenApiTests(LaurelApp app) : IClassFixture<LaurelApp>
{
    public static TheoryData<string> Documents => [.. DocsEndpoints.Documents];

    /// <summary>The documents are the contract that clients are generated from: a change of theirs is to be seen in review.</summary>
    [Theory]
    [MemberData(nameof(Documents))]
    public async Task The_committed_document_is_the_one_that_is_served(string name)
    {
        var served = (await app.Anonymous.Get($"/openapi/{name}.json")).Is(200).Text.ReplaceLineEndings("\n") + "\n";
        await Golden.Check($"docs/openapi/{name}.json", served);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Every_operation_says_what_it_does_and_lists_a_success(string name)
    {
        foreach (var (path, methods) in (await app.Anonymous.Get($"/openapi/{name}.json")).Is(200).Json["paths"]!.AsObject())
        {
            foreach (var (method, operation) in methods!.AsObject())
            {
                Assert.True(operation!["summary"] is not null, $"{method} {path} has no summary.");
                Assert.Contains(operation["responses"]!.AsObject(), response => response.Key[0] == '2');
            }
        }
    }

    [Fact]
    public async Task The_docs_are_served()
    {
        Assert.Contains("swagger-ui", (await app.Anonymous.Get("/docs/index.html")).Is(200).Text, StringComparison.Ordinal);
        Assert.Equal("/docs", (await app.Anonymous.Get("/")).Is(302).Headers.Location!.ToString());
        (await app.Anonymous.Get("/docs/errors")).Is(200);
        Assert.Contains("# TYPE http_server_request_duration_seconds histogram", (await app.Anonymous.Get("/metrics")).Is(200).Text, StringComparison.Ordinal);
    }
}

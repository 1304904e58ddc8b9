using System.Net;
using System.Text.Json.Nodes;

namespace Laurel.Tests.Support;

/// <summary>
/// Holds every answer that a test sees against the OpenAPI documents: a status that the operation does not list, a refusal
/// that is no problem or whose code is not listed, fails the test that saw it.
/// </summary>
internal sealed class Contract(HttpMessageHandler inner, Func<IReadOnlyList<JsonNode>> documents) : DelegatingHandler(inner)
{
    private List<(string[] Path, JsonObject Methods)>? _paths;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        await Check(request, response, cancellationToken);
        return response;
    }

    private async Task Check(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var path = request.RequestUri!.AbsolutePath;
        var shown = $"{request.Method} {path} answered {status}";
        Assert.True(status < 500 || status == 503, $"{shown}: {await response.Content.ReadAsStringAsync(cancellation)}");

        if (status >= 400)
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);

        var known = Paths().FirstOrDefault(candidate => Matches(candidate.Path, path.Split('/'))).Methods;
        if (known?[request.Method.Method.ToLowerInvariant()] is not JsonObject operation)
            return;

        if (operation["responses"]![status.ToString()] is not { } listed)
        {
            Assert.Fail($"{shown}, which its document does not list: {await response.Content.ReadAsStringAsync(cancellation)}");
            return;
        }

        if (status >= 400)
        {
            await response.Content.LoadIntoBufferAsync(cancellation);
            var code = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation))!["code"]!.GetValue<string>();
            Assert.True(listed["description"]!.GetValue<string>().Contains($"`{code}`", StringComparison.Ordinal), $"{shown} with the code {code}, which its document does not list.");
        }
        else if (response.StatusCode != HttpStatusCode.NoContent)
        {
            Assert.NotNull(listed["content"]);
        }
    }

    private List<(string[] Path, JsonObject Methods)> Paths() => _paths ??=
    [
        .. documents()
            .SelectMany(document => document["paths"]!.AsObject())
            .OrderBy(path => path.Key.Contains('{'))
            .Select(path => (path.Key.Split('/'), path.Value!.AsObject())),
    ];

    private static bool Matches(string[] template, string[] path) =>
        template.Length == path.Length && template.Zip(path).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second);
}

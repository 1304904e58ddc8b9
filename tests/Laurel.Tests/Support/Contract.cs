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
        else if (response.Content.Headers.ContentType?.MediaType is { } file and not "application/json" && response.StatusCode == HttpStatusCode.OK)
        {
            // As it streams by: nobody looks into a file.
            Assert.True(listed["content"]?[file] is not null, $"{shown} with {file}, which its document does not list.");
        }
        else if (response.StatusCode != HttpStatusCode.NoContent)
        {
            await response.Content.LoadIntoBufferAsync(cancellation);
            var schema = listed["content"]?["application/json"]?["schema"];
            Assert.True(schema is not null, $"{shown} with a body that its document does not describe.");
            CheckRequired(schema, JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation)), shown);
        }
    }

    /// <summary>What the document calls required is there, all the way down.</summary>
    private static void CheckRequired(JsonNode schema, JsonNode? answer, string shown)
    {
        schema = Resolved(schema);

        // What may be null is a union too, and the kind beside null may be one again.
        while (schema["oneOf"] is JsonArray && answer is not null)
            schema = KindOf(schema, answer, shown);

        if (answer is JsonArray list && schema["items"] is { } items)
        {
            foreach (var item in list)
                CheckRequired(items, item, shown);
        }
        else if (answer is JsonObject fields)
        {
            foreach (var required in schema["required"]?.AsArray() ?? [])
                Assert.True(fields.ContainsKey(required!.GetValue<string>()), $"{shown} without {required}, which its document requires: {answer}");
            foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
                CheckRequired(property!, fields[name], shown);
        }
    }

    /// <summary>The one kind of a union that the answer is of: told by its discriminator, or the only one beside null.</summary>
    private static JsonNode KindOf(JsonNode schema, JsonNode answer, string shown)
    {
        if (schema["discriminator"] is not { } discriminator)
            return Resolved(schema["oneOf"]!.AsArray().Single(kind => kind!["type"]?.ToString() != "null")!);

        var kind = answer[discriminator["propertyName"]!.GetValue<string>()]?.GetValue<string>();
        var mapped = kind is null ? null : discriminator["mapping"]![kind];
        Assert.True(mapped is not null, $"{shown} with a kind that its document does not list: {answer}");
        var listed = schema["oneOf"]!.AsArray().SingleOrDefault(one => one!["$ref"]!.GetValue<string>() == mapped.GetValue<string>());
        Assert.True(listed is not null, $"{shown} with the kind {kind}, which its union does not list.");
        return Resolved(listed);
    }

    private static JsonNode Resolved(JsonNode schema) => schema["$ref"] is { } reference
        ? Resolved(schema.Root["components"]!["schemas"]![reference.GetValue<string>().Split('/')[^1]]!)
        : schema;

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

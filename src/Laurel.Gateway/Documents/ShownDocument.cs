using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Laurel.Platform.Registry;

namespace Laurel.Gateway.Documents;

/// <summary>
/// What of somebody else's OpenAPI document is shown. It was written by whoever runs that service: so only members that are known are
/// taken over, nothing in it leads elsewhere, and its paths are those that clients call. Pure.
/// </summary>
internal static class ShownDocument
{
    private const string TokenScheme = "bearer";

    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch"];

    private static readonly string[] OfOperation = ["tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "deprecated"];

    private static readonly string[] OfComponents = ["schemas", "responses", "parameters", "examples", "requestBodies", "headers"];

    private static readonly SearchValues<char> InPaths = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/{}-._~!$&'()*+,;=:@%");

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64 };

    /// <summary>Null: it is no OpenAPI document of version 3.</summary>
    public static byte[]? Make(ReadOnlyMemory<byte> text, string service, string prefix)
    {
        JsonObject? document;
        try
        {
            // A name that stands twice is found when the object is first looked into.
            document = JsonNode.Parse(text.Span, documentOptions: Strict) as JsonObject;
            return document is null ? null : Make(document, service, prefix) is { } shown ? JsonSerializer.SerializeToUtf8Bytes(shown) : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonObject? Make(JsonObject document, string service, string prefix)
    {
        if (Text(document["openapi"]) is not { } version || !version.StartsWith("3.", StringComparison.Ordinal) || document["paths"] is not JsonObject paths)
            return null;

        var start = BasePath(document["servers"]);
        var shown = new JsonObject();
        foreach (var (path, item) in paths)
        {
            if (item is JsonObject operations && path.StartsWith('/') && IsPlain(start + path))
                shown[AsCalled(start + path, prefix)] = Operations(operations);
        }

        var components = Only(document["components"] as JsonObject ?? [], OfComponents);
        components["securitySchemes"] = new JsonObject { [TokenScheme] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" } };
        var info = document["info"] as JsonObject;
        return new JsonObject
        {
            ["openapi"] = version,
            ["info"] = new JsonObject
            {
                ["title"] = Text(info?["title"]) ?? service,
                ["version"] = Text(info?["version"]) ?? "",
                ["description"] = Text(info?["description"]) ?? "",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(new JsonObject { [TokenScheme] = new JsonArray() }),
            ["paths"] = shown,
            ["components"] = components,
        };
    }

    private static JsonObject Operations(JsonObject operations)
    {
        var shown = Only(operations, ["summary", "description", "parameters"]);
        foreach (var method in Methods)
        {
            if (operations[method] is JsonObject operation)
                shown[method] = Only(operation, OfOperation);
        }

        return shown;
    }

    /// <summary>Where the service says that its paths begin.</summary>
    private static string BasePath(JsonNode? servers)
    {
        if (servers is not JsonArray { Count: > 0 } all || all[0] is not JsonObject first || Text(first["url"]) is not { } url)
            return "";
        if (url.StartsWith('/'))
            return url.TrimEnd('/');
        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address.AbsolutePath.TrimEnd('/') : "";
    }

    /// <summary>A service that is mounted below its prefix may not know of it.</summary>
    private static string AsCalled(string path, string prefix) => RouteTable.IsBelow(path, prefix) ? path : prefix + path;

    private static JsonObject Only(JsonObject from, string[] names)
    {
        var kept = new JsonObject();
        foreach (var name in names)
        {
            if (from[name] is { } value)
                kept[name] = Inside(value);
        }

        return kept;
    }

    /// <summary>A copy in which nothing leads out of the document. A property of a schema may have any of these names; what it holds is no text.</summary>
    private static JsonNode? Inside(JsonNode? node) => node switch
    {
        JsonObject fields => new JsonObject(fields.Where(field => !LeadsOut(field.Key, field.Value)).Select(field => KeyValuePair.Create(field.Key, Inside(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Inside)]),
        _ => node?.DeepClone(),
    };

    private static bool LeadsOut(string name, JsonNode? value) => name switch
    {
        "$ref" => Text(value) is string target && !target.StartsWith("#/components/", StringComparison.Ordinal),
        "$dynamicRef" or "$id" or "$schema" or "externalValue" or "operationRef" => Text(value) is string,
        "externalDocs" or "server" => value is JsonObject link && Text(link["url"]) is string,
        _ => false,
    };

    /// <summary>A browser makes another path of one with dots, and so another request of what the page shows.</summary>
    private static bool IsPlain(string path) =>
        path.Length <= 400 && path.AsSpan().IndexOfAnyExcept(InPaths) < 0 && !path.Split('/').Any(segment => segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

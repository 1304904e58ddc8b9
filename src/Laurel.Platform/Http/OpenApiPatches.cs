using Microsoft.OpenApi;

namespace Laurel.Platform.Http;

/// <summary>
/// What <see cref="Patch{T}"/> reads has the fields of T, none of them required, and null where it takes one back. It is a schema of
/// its own beside that of T.
/// </summary>
internal static class OpenApiPatches
{
    public static void Describe(OpenApiDocument document)
    {
        var bodies = document.Paths.Values.SelectMany(path => path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>())
            .Select(operation => operation.RequestBody?.Content)
            .OfType<IDictionary<string, OpenApiMediaType>>()
            .Where(content => content.ContainsKey(MediaTypes.MergePatch));
        foreach (var content in bodies.ToList())
        {
            var whole = ((OpenApiSchemaReference)content[MediaTypes.MergePatch].Schema!).Reference.Id!;
            document.AddComponent($"{whole}Patch", PatchOf((OpenApiSchema)document.Components!.Schemas![whole]));
            foreach (var body in content.Values)
                body.Schema = new OpenApiSchemaReference($"{whole}Patch", document);
        }
    }

    private static OpenApiSchema PatchOf(OpenApiSchema whole) => new()
    {
        Type = JsonSchemaType.Object,
        AdditionalPropertiesAllowed = false,
        Properties = whole.Properties!.ToDictionary(
            property => property.Key,
            property => whole.Required?.Contains(property.Key) == true ? property.Value : OrNull(property.Value),
            StringComparer.Ordinal),
    };

    private static IOpenApiSchema OrNull(IOpenApiSchema schema)
    {
        if (schema is OpenApiSchemaReference)
            return new OpenApiSchema { OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, schema] };
        if (schema is not OpenApiSchema { Type: { } type } known || type.HasFlag(JsonSchemaType.Null))
            return schema;

        var copy = (OpenApiSchema)known.CreateShallowCopy();
        copy.Type = type | JsonSchemaType.Null;
        copy.Default = null;
        return copy;
    }
}

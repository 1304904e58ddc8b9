using Microsoft.OpenApi;

namespace Laurel.Platform.Http;

/// <summary>
/// A union has exactly one kind, told by its discriminator. Done when the document is made: before, the framework still finds its way
/// through the kinds by their place.
/// </summary>
internal static class OpenApiUnions
{
    private const string Items = "laurel-items";

    /// <summary>
    /// A list that stands in a union for the second time, such as the children of a condition, is one to which the framework loses
    /// its way. What it holds is noted here, and put in when the document is made.
    /// </summary>
    public static void NoteItems(OpenApiSchema list, string element) => (list.Metadata ??= new Dictionary<string, object>(StringComparer.Ordinal))[Items] = element;

    public static void Close(OpenApiDocument document)
    {
        foreach (var list in (document.Components?.Schemas?.Values ?? []).SelectMany(schema => schema.Properties?.Values ?? []).OfType<OpenApiSchema>())
        {
            if (list.Items is null && list.Metadata is { } noted && noted.TryGetValue(Items, out var element))
                (list.Type, list.Items) = (JsonSchemaType.Array, new OpenApiSchemaReference((string)element, document));
        }

        foreach (var union in (document.Components?.Schemas?.Values ?? []).OfType<OpenApiSchema>())
        {
            if (union is not { Discriminator.PropertyName: { } discriminator, AnyOf: { Count: > 0 } kinds })
                continue;

            (union.OneOf, union.AnyOf) = (kinds, null);
            foreach (var reference in kinds.OfType<OpenApiSchemaReference>())
            {
                if (document.Components!.Schemas![reference.Reference.Id!] is not OpenApiSchema kind)
                    continue;
                kind.Type = JsonSchemaType.Object;
                (kind.Required ??= new HashSet<string>(StringComparer.Ordinal)).Add(discriminator);
            }
        }
    }
}

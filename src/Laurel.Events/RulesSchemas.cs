using Laurel.Rules;
using Microsoft.OpenApi;

namespace Laurel.Events;

/// <summary>How the OpenAPI document describes what the rules read and write themselves.</summary>
internal static class RulesSchemas
{
    public static void Describe(Type type, OpenApiSchema schema)
    {
        if (type == typeof(Where))
            Fill(schema, "Which activities count, by their attributes: each is this value, or passes this test.", [.. Scalars(), Test()]);
        else if (type == typeof(Attributes))
            Fill(schema, "Whatever is to be known of the activity, by name.", Scalars());
    }

    private static void Fill(OpenApiSchema schema, string description, IList<IOpenApiSchema> values)
    {
        schema.Type = JsonSchemaType.Object;
        schema.Description = description;
        schema.AdditionalProperties = new OpenApiSchema { OneOf = values };
    }

    private static IList<IOpenApiSchema> Scalars() =>
    [
        new OpenApiSchema { Type = JsonSchemaType.String },
        new OpenApiSchema { Type = JsonSchemaType.Number },
        new OpenApiSchema { Type = JsonSchemaType.Boolean },
    ];

    private static OpenApiSchema Test() => new()
    {
        Type = JsonSchemaType.Object,
        AdditionalPropertiesAllowed = false,
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["eq"] = new OpenApiSchema { OneOf = Scalars() },
            ["in"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { OneOf = Scalars() } },
            ["gte"] = new OpenApiSchema { Type = JsonSchemaType.Number },
            ["lte"] = new OpenApiSchema { Type = JsonSchemaType.Number },
        },
    };
}

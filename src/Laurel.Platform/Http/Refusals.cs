using Microsoft.AspNetCore.Builder;

namespace Laurel.Platform.Http;

/// <summary>The refusals that are an endpoint's own; those that any endpoint can give are added to the document by what it takes.</summary>
public sealed record Refusals(IReadOnlyList<Error> Errors);

public static class RefusalMapping
{
    /// <summary>States the endpoint's own errors, for its OpenAPI document and the check of the answers that tests see.</summary>
    public static TBuilder Answers<TBuilder>(this TBuilder builder, params Error[] errors) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new Refusals(errors)));
        return builder;
    }
}

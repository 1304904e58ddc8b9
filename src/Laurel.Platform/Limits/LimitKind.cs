using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Limits;

/// <summary>How the requests of an endpoint are counted; stated where it is mapped, as who may call it.</summary>
public enum LimitKind
{
    /// <summary>By the account of a good token, else by the address.</summary>
    Usual,

    /// <summary>By the address, apart from all other requests: whatever gives a token.</summary>
    Login,

    /// <summary>By the address, and only what was not known by its signature (401): the callers are a game's servers.</summary>
    BySignature,

    /// <summary>Not at all: what watches over Laurel.</summary>
    None,
}

internal sealed record LimitRule(LimitKind Kind);

/// <summary>The requests of this endpoint wait somewhere else, in a line of their own, for longer than others may.</summary>
internal sealed record OwnLine;

public static class LimitKinds
{
    /// <summary>What was stated of an endpoint, for whoever publishes its routes.</summary>
    public static LimitKind Of(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<LimitRule>()?.Kind ?? LimitKind.Usual;

    extension<TBuilder>(TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        public TBuilder Limited(LimitKind kind)
        {
            builder.Add(endpoint => endpoint.Metadata.Add(new LimitRule(kind)));
            return builder;
        }

        /// <summary>Takes no place among the requests that its service works on at once.</summary>
        public TBuilder WaitsInItsOwnLine()
        {
            builder.Add(endpoint => endpoint.Metadata.Add(new OwnLine()));
            return builder;
        }
    }
}

using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Registry;

/// <summary>When a request that was not answered may be sent again, for nothing happens twice by it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Repeat>))]
public enum Repeat
{
    [JsonStringEnumMemberName("never")] Never,
    [JsonStringEnumMemberName("always")] Always,

    /// <summary>With an Idempotency-Key.</summary>
    [JsonStringEnumMemberName("withKey")] WithKey,

    /// <summary>When each object of the body has an id.</summary>
    [JsonStringEnumMemberName("withIds")] WithIds,
}

/// <summary>What an endpoint says of it; one that says nothing goes by its method, and by whether it reads the header.</summary>
internal sealed record Repeatable(Repeat When);

public static class RepeatableMapping
{
    /// <summary>Whether nothing happens by it, however often it is sent.</summary>
    public static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    public static TBuilder MayRepeat<TBuilder>(this TBuilder builder, Repeat when) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new Repeatable(when)));
        return builder;
    }
}

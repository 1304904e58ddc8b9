using System.Reflection;
using System.Text.Json;
using Laurel.Platform.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Laurel.Platform.Http;

/// <summary>
/// A JSON body that others send, read strictly, and Laurel's own processes: a newer one of these may say more than is known here, and
/// would be kept out by it.
/// </summary>
public sealed class ToldBody<T>(T value) : IEndpointParameterMetadataProvider
{
    public T Value { get; } = value;

    public static async ValueTask<ToldBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        var isOwn = Caller.Of(context)?.Subject == ClusterKey.Subject;
        return new ToldBody<T>(isOwn ? await JsonBody.Read(context, Parse) : await JsonBody.Read<T>(context));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));

    private static T Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, JsonRules.AmongOurselves) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            // It knows how to say what is wrong.
            return JsonBody.Parse<T>(json);
        }
    }
}

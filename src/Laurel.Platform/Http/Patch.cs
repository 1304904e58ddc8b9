using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Laurel.Platform.Http;

/// <summary>
/// A JSON merge patch of a <typeparamref name="T"/>: a field that is given replaces the one there is, null takes an optional one back
/// to what it is unless told, what is left away stays. It is read as strictly as a whole T.
/// <para>
/// Fields are replaced whole. Merging into them, as RFC 7396 does, would make one condition out of the halves of two.
/// </para>
/// </summary>
public sealed class Patch<T> : IEndpointParameterMetadataProvider where T : class
{
    private readonly JsonObject _fields;

    private Patch(JsonObject fields) => _fields = fields;

    public bool IsEmpty => _fields.Count == 0;

    /// <summary>What this makes of it; the very same where it changes nothing.</summary>
    public T ApplyTo(T current)
    {
        var before = JsonSerializer.SerializeToNode(current, JsonRules.Options)!;
        var after = before.DeepClone().AsObject();
        foreach (var (name, value) in _fields)
        {
            if (value is null)
                after.Remove(name);
            else
                after[name] = value.DeepClone();
        }

        var patched = after.Deserialize<T>(JsonRules.Options)!;
        // Compared as it would be written: a default that is given is no change from one that is left away.
        return JsonNode.DeepEquals(before, JsonSerializer.SerializeToNode(patched, JsonRules.Options)) ? current : patched;
    }

    public static ValueTask<Patch<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return Bind(context);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json", MediaTypes.MergePatch], typeof(T)));

    internal static async ValueTask<Patch<T>?> Bind(HttpContext context) => new(await JsonBody.ReadPatch<T>(context));
}

/// <summary>A merge patch that may be left away altogether.</summary>
public sealed class OptionalPatch<T>(Patch<T>? value) : IEndpointParameterMetadataProvider where T : class
{
    public Patch<T>? Value { get; } = value;

    public static async ValueTask<OptionalPatch<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return new OptionalPatch<T>(JsonBody.IsAbsent(context.Request) ? null : await Patch<T>.Bind(context));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json", MediaTypes.MergePatch], typeof(T), isOptional: true));
}

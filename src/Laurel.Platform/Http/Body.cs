using System.Buffers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Laurel.Platform.Http;

/// <summary>
/// A JSON body, read strictly. Reading costs one pass; only a body that is refused is looked at again, to say where it is wrong.
/// </summary>
public sealed class Body<T>(T value) : IEndpointParameterMetadataProvider
{
    public T Value { get; } = value;

    public static implicit operator T(Body<T> body) => body.Value;

    public static async ValueTask<Body<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return new Body<T>(await JsonBody.Read<T>(context));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

/// <summary>A JSON body that may be left away altogether.</summary>
public sealed class OptionalBody<T>(T? value) : IEndpointParameterMetadataProvider where T : class
{
    public T? Value { get; } = value;

    public static async ValueTask<OptionalBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return new OptionalBody<T>(JsonBody.IsAbsent(context.Request) ? null : await JsonBody.Read<T>(context));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T), isOptional: true));
}

/// <summary>A JSON body whose sender is known by a signature over its bytes alone: it is read when that has been looked at.</summary>
public sealed class SignedBody<T>(byte[] bytes) : IEndpointParameterMetadataProvider
{
    public ReadOnlySpan<byte> Bytes => bytes;

    public T Read() => JsonBody.Parse<T>(bytes);

    public static async ValueTask<SignedBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return new SignedBody<T>(await JsonBody.ReadBytes(context));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}

internal static class JsonBody
{
    internal delegate T Parser<T>(ReadOnlySpan<byte> json);

    public static ValueTask<T> Read<T>(HttpContext context) => Read(context, Parse<T>);

    public static ValueTask<byte[]> ReadBytes(HttpContext context) => Read(context, json => json.ToArray());

    /// <summary>The fields of a patch of a T. Each has been read as T would read it.</summary>
    public static ValueTask<JsonObject> ReadPatch<T>(HttpContext context) => Read(context, ParsePatch<T>);

    internal static async ValueTask<T> Read<T>(HttpContext context, Parser<T> parse)
    {
        RequireJson(context.Request);
        var reader = context.Request.BodyReader;
        while (true)
        {
            // Kestrel bounds the body's size and pace, so this loop ends.
            var read = await reader.ReadAsync(context.RequestAborted);
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            try
            {
                return Parse(read.Buffer, parse);
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End);
            }
        }
    }

    private static T Parse<T>(ReadOnlySequence<byte> body, Parser<T> parse)
    {
        if (body.IsSingleSegment)
            return parse(body.FirstSpan);

        var rented = ArrayPool<byte>.Shared.Rent((int)body.Length);
        try
        {
            body.CopyTo(rented);
            return parse(rented.AsSpan(0, (int)body.Length));
        }
        finally
        {
            // Bodies hold passwords; the pool's next user has no business with them.
            rented.AsSpan(0, (int)body.Length).Clear();
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    internal static T Parse<T>(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw Malformed([new FieldError("$", "invalid_utf8", "The body is not valid UTF-8.")]);

        // Two things the serializer lets pass: U+0000, which PostgreSQL cannot hold in text (the escape is its only spelling in
        // JSON), and null as an element of a list. Both are rare enough to be looked for by their letters first.
        if ((json.IndexOf("\\u0000"u8) >= 0 || json.IndexOf("null"u8) >= 0) && JsonDiagnosis.Explain(json, typeof(T)) is { Count: > 0 } errors)
            throw Malformed(errors);

        try
        {
            return JsonSerializer.Deserialize<T>(json, JsonRules.Options) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            var found = JsonDiagnosis.Explain(json, typeof(T));
            throw Malformed(found.Count > 0 ? found : [new FieldError(exception.Path ?? "$", "wrong_kind", "This is not what is expected here.")]);
        }
        catch (NotSupportedException) when (JsonDiagnosis.Explain(json, typeof(T)) is { Count: > 0 } found)
        {
            // What the serializer says of a union's object that does not tell its kind. Anything else of the name is a bug of ours.
            throw Malformed(found);
        }
    }

    private static JsonObject ParsePatch<T>(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw Malformed([new FieldError("$", "invalid_utf8", "The body is not valid UTF-8.")]);
        if (JsonDiagnosis.Explain(json, typeof(T), asPatch: true) is { Count: > 0 } errors)
            throw Malformed(errors);

        var fields = JsonSerializer.Deserialize<JsonObject>(json, JsonRules.Options)!;
        foreach (var property in JsonRules.Options.GetTypeInfo(typeof(T)).Properties)
        {
            try
            {
                if (fields[property.Name] is { } value)
                    _ = value.Deserialize(property.PropertyType, JsonRules.Options);
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException)
            {
                throw Malformed([new FieldError(property.Name, "wrong_kind", "This is not what is expected here.")]);
            }
        }

        return fields;
    }

    public static bool IsAbsent(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false;

    private static void RequireJson(HttpRequest request)
    {
        if (MediaTypes.OfUtf8(request) is { } type
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)))
            return;

        if (IsAbsent(request))
            throw Malformed([new FieldError("$", "empty", "The body is empty.")]);

        throw new ProblemException(new Problem(Errors.UnsupportedMediaType) { Detail = "Send application/json in UTF-8." });
    }

    private static ProblemException Malformed(IReadOnlyList<FieldError> errors) => new(new Problem(Errors.MalformedBody) { Fields = errors });
}

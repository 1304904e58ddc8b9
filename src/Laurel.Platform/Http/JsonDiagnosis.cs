using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Laurel.Platform.Http;

/// <summary>
/// Says what is wrong with a body that the serializer refused: every fault with its path, not the first one in the words of a parser.
/// It walks the JSON beside the serializer's own description of the type, so there is no second definition of what is allowed.
/// </summary>
internal static class JsonDiagnosis
{
    private const int MaxErrors = 20;

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = JsonRules.MaxDepth };

    /// <param name="json">The body.</param>
    /// <param name="type">What it should be.</param>
    /// <param name="asPatch">Whether it changes one that exists: fields may be left away, and null takes an optional one back.</param>
    public static List<FieldError> Explain(ReadOnlySpan<byte> json, Type type, bool asPatch = false)
    {
        var errors = new List<FieldError>();
        if (json.Trim(" \t\r\n"u8).IsEmpty)
            return [new FieldError("$", "empty", "The body is empty.")];

        try
        {
            var reader = new Utf8JsonReader(json, Reading);
            reader.Read();
            var root = JsonRules.Options.GetTypeInfo(type);
            if (asPatch && reader.TokenType == JsonTokenType.StartObject)
                WalkObject(ref reader, root, "$", errors, asPatch: true);
            else
                Walk(ref reader, root, "$", nullable: false, errors);
            while (reader.Read())
            {
                // Only the end of the text may follow; anything else throws.
            }
        }
        catch (JsonException exception)
        {
            errors.Add(new FieldError("$", "syntax", $"This is not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}, or it is nested deeper than {JsonRules.MaxDepth}."));
        }

        return errors;
    }

    private static void Walk(ref Utf8JsonReader reader, JsonTypeInfo type, string path, bool nullable, List<FieldError> errors)
    {
        if (OneOrManyConverter.IsOneOrMany(type.Type))
        {
            var item = type.Type.GetGenericArguments()[0];
            type = type.Options.GetTypeInfo(reader.TokenType == JsonTokenType.StartArray ? typeof(List<>).MakeGenericType(item) : item);
        }

        if (reader.TokenType == JsonTokenType.Null && !nullable && Nullable.GetUnderlyingType(type.Type) is null && type.Type != typeof(JsonElement))
        {
            Report(errors, path, "null", "This may not be null.");
            return;
        }

        if (reader.TokenType == JsonTokenType.Null)
            return;

        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when reader.TokenType == JsonTokenType.StartObject:
                WalkObject(ref reader, type, path, errors);
                break;
            case JsonTypeInfoKind.Enumerable when reader.TokenType == JsonTokenType.StartArray:
                for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                    Walk(ref reader, type.Options.GetTypeInfo(type.ElementType!), $"{Prefix(path)}[{index}]", nullable: false, errors);
                break;
            case JsonTypeInfoKind.Dictionary when reader.TokenType == JsonTokenType.StartObject:
                WalkMap(ref reader, type, path, errors);
                break;
            case JsonTypeInfoKind.None:
                WalkValue(ref reader, type, path, errors);
                break;
            default:
                Report(errors, path, "wrong_kind", $"Expected {Describe(type)}.");
                reader.Skip();
                break;
        }
    }

    private static void WalkObject(ref Utf8JsonReader reader, JsonTypeInfo type, string path, List<FieldError> errors, bool asPatch = false)
    {
        var discriminator = type.PolymorphismOptions?.TypeDiscriminatorPropertyName;
        if (discriminator is not null)
        {
            if (DerivedType(reader, type, discriminator) is not { } derived)
            {
                var kinds = string.Join(", ", type.PolymorphismOptions!.DerivedTypes.Select(known => known.TypeDiscriminator));
                Report(errors, Join(path, discriminator), "unknown_kind", $"Expected one of: {kinds}.");
                reader.Skip();
                return;
            }

            type = type.Options.GetTypeInfo(derived);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (SeeName(ref reader, seen, path, errors) is not { } name)
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            var at = Join(path, name);
            var property = type.Properties.FirstOrDefault(known => known.Name == name && (known.Set is not null || known.AssociatedParameter is not null));
            reader.Read();
            if (property is not null)
            {
                var nullable = asPatch ? !property.IsRequired : property.IsSetNullable || property.AssociatedParameter?.IsNullable == true;
                Walk(ref reader, type.Options.GetTypeInfo(property.PropertyType), at, nullable, errors);
            }
            else
            {
                if (name != discriminator)
                    Report(errors, at, "unknown_field", "There is no such field here.");
                reader.Skip();
            }
        }

        foreach (var missing in type.Properties.Where(known => !asPatch && known.IsRequired && !seen.Contains(known.Name)))
            Report(errors, Join(path, missing.Name), "missing_field", "This field is required.");
    }

    private static void WalkMap(ref Utf8JsonReader reader, JsonTypeInfo type, string path, List<FieldError> errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = SeeName(ref reader, seen, path, errors);
            reader.Read();
            Walk(ref reader, type.Options.GetTypeInfo(type.ElementType!), Join(path, name ?? "?"), nullable: false, errors);
        }
    }

    private static void WalkValue(ref Utf8JsonReader reader, JsonTypeInfo type, string path, List<FieldError> errors)
    {
        // A type that reads itself, and reads a whole object: its texts and names have to be storable like all others.
        var before = errors.Count;
        var texts = reader;
        WalkFreely(ref texts, path, errors);
        if (errors.Count > before)
        {
            reader.Skip();
            return;
        }

        var value = reader;
        try
        {
            _ = JsonSerializer.Deserialize(ref value, type);
        }
        catch (JsonException exception) when (exception.Path is { } inside && !inside.StartsWith('$'))
        {
            // A converter that reads more than one token says itself what is wrong and where: a path of its own, from its value on.
            var message = exception.Message;
            Report(errors, inside.Length == 0 ? path : Join(path, inside), "wrong_kind", message);
        }
        catch (JsonException)
        {
            Report(errors, path, "wrong_kind", $"Expected {Describe(type)}.");
        }

        reader.Skip();
    }

    private static void WalkFreely(ref Utf8JsonReader reader, string path, List<FieldError> errors)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                    WalkFreely(ref reader, $"{Prefix(path)}[{index}]", errors);
                break;
            case JsonTokenType.StartObject:
                var seen = new HashSet<string>(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = SeeName(ref reader, seen, path, errors);
                    reader.Read();
                    WalkFreely(ref reader, Join(path, name ?? "?"), errors);
                }

                break;
            case JsonTokenType.String when Text(ref reader) is null:
                Report(errors, path, "invalid_string", "This text holds half a surrogate pair or U+0000.");
                break;
        }
    }

    /// <summary>The name at the reader, or null where it is none that can be stored.</summary>
    private static string? SeeName(ref Utf8JsonReader reader, HashSet<string> seen, string path, List<FieldError> errors)
    {
        var name = Text(ref reader);
        if (name is null)
            Report(errors, path, "invalid_string", "A name here holds half a surrogate pair or U+0000.");
        else if (!seen.Add(name))
            Report(errors, Join(path, name), "duplicate_field", "This field stands here twice.");
        return name;
    }

    /// <summary>The text at the reader, or null where it is none that can be stored.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            var text = reader.GetString()!;
            return text.Contains('\0') ? null : text;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static Type? DerivedType(Utf8JsonReader reader, JsonTypeInfo type, string discriminator)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isDiscriminator = reader.ValueTextEquals(discriminator);
            reader.Read();
            if (isDiscriminator)
            {
                var kind = reader.TokenType == JsonTokenType.String ? Text(ref reader) : null;
                return type.PolymorphismOptions!.DerivedTypes.FirstOrDefault(known => known.TypeDiscriminator is string name && name == kind).DerivedType;
            }

            reader.Skip();
        }

        return null;
    }

    private static void Report(List<FieldError> errors, string path, string code, string message)
    {
        if (errors.Count < MaxErrors)
            errors.Add(new FieldError(path, code, message));
    }

    private static string Prefix(string path) => path == "$" ? "" : path;

    private static string Join(string path, string name)
    {
        var shown = name.Length <= 64 ? name : name[..64] + "…";
        return path == "$" ? shown : $"{path}.{shown}";
    }

    private static string Describe(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Enumerable)
            return "a list";
        if (type.Kind is JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary)
            return "an object";

        var value = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (value.IsEnum)
            return "one of: " + string.Join(", ", WireNames.All(value));
        if (value == typeof(string))
            return "a text";
        if (value == typeof(bool))
            return "true or false";
        if (value == typeof(int) || value == typeof(long))
            return "a whole number";
        if (value == typeof(double) || value == typeof(decimal))
            return "a number";
        if (value == typeof(DateTimeOffset))
            return "a time with offset (RFC 3339)";
        if (value == typeof(DateOnly))
            return "a date (YYYY-MM-DD)";
        if (value == typeof(TimeOnly))
            return "a time of day (HH:mm)";
        return value == typeof(Guid) || value.GetInterfaces().Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IId<>))
            ? "a UUID"
            : "another kind of value";
    }
}

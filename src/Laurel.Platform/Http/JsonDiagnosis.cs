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

    public static List<FieldError> Explain(ReadOnlySpan<byte> json, Type type)
    {
        var errors = new List<FieldError>();
        if (json.Trim(" \t\r\n"u8).IsEmpty)
            return [new FieldError("$", "empty", "The body is empty.")];

        try
        {
            var reader = new Utf8JsonReader(json, Reading);
            reader.Read();
            Walk(ref reader, JsonRules.Options.GetTypeInfo(type), "$", nullable: false, errors);
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

    private static void WalkObject(ref Utf8JsonReader reader, JsonTypeInfo type, string path, List<FieldError> errors)
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
            var name = Text(ref reader);
            if (name is null)
            {
                Report(errors, path, "invalid_string", "A name here holds half a surrogate pair or U+0000.");
                reader.Read();
                reader.Skip();
                continue;
            }

            var at = Join(path, name);
            if (!seen.Add(name))
                Report(errors, at, "duplicate_field", "This field stands here twice.");

            var property = type.Properties.FirstOrDefault(known => known.Name == name && (known.Set is not null || known.AssociatedParameter is not null));
            reader.Read();
            if (property is not null)
            {
                Walk(ref reader, type.Options.GetTypeInfo(property.PropertyType), at, property.IsSetNullable || property.AssociatedParameter?.IsNullable == true, errors);
            }
            else
            {
                if (name != discriminator)
                    Report(errors, at, "unknown_field", "There is no such field here.");
                reader.Skip();
            }
        }

        foreach (var missing in type.Properties.Where(known => known.IsRequired && !seen.Contains(known.Name)))
            Report(errors, Join(path, missing.Name), "missing_field", "This field is required.");
    }

    private static void WalkMap(ref Utf8JsonReader reader, JsonTypeInfo type, string path, List<FieldError> errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref reader);
            if (name is null)
                Report(errors, path, "invalid_string", "A name here holds half a surrogate pair or U+0000.");
            else if (!seen.Add(name))
                Report(errors, Join(path, name), "duplicate_field", "This field stands here twice.");

            reader.Read();
            Walk(ref reader, type.Options.GetTypeInfo(type.ElementType!), Join(path, name ?? "?"), nullable: false, errors);
        }
    }

    private static void WalkValue(ref Utf8JsonReader reader, JsonTypeInfo type, string path, List<FieldError> errors)
    {
        if (reader.TokenType == JsonTokenType.String && Text(ref reader) is null)
        {
            Report(errors, path, "invalid_string", "This text holds half a surrogate pair or U+0000.");
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

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Client;

/// <summary>The value of an attribute: a text, a number or a flag, which it is made of without a word.</summary>
[JsonConverter(typeof(Converter))]
[SuppressMessage("Usage", "CA2225", Justification = "Of is the named alternate.")]
public readonly record struct AttributeValue
{
    private readonly string? _text;
    private readonly decimal _number;
    private readonly JsonTokenType _type;

    private AttributeValue(JsonTokenType type, string? text, decimal number) => (_type, _text, _number) = (type, text, number);

    /// <summary>A text.</summary>
    public static AttributeValue Of(string text) => new(JsonTokenType.String, text ?? throw new ArgumentNullException(nameof(text)), 0);

    /// <summary>A number.</summary>
    public static AttributeValue Of(decimal number) => new(JsonTokenType.Number, null, number);

    /// <summary>A flag.</summary>
    public static AttributeValue Of(bool flag) => new(flag ? JsonTokenType.True : JsonTokenType.False, null, 0);

    /// <summary>A text.</summary>
    public static implicit operator AttributeValue(string text) => Of(text);

    /// <summary>A number.</summary>
    public static implicit operator AttributeValue(decimal number) => Of(number);

    /// <summary>A whole number.</summary>
    public static implicit operator AttributeValue(long number) => Of(number);

    /// <summary>A flag.</summary>
    public static implicit operator AttributeValue(bool flag) => Of(flag);

    /// <summary>As it is sent, but for the quotes of a text.</summary>
    public override string ToString() => _type switch
    {
        JsonTokenType.String => _text!,
        JsonTokenType.Number => _number.ToString(CultureInfo.InvariantCulture),
        JsonTokenType.True => "true",
        _ => "false",
    };

    internal sealed class Converter : JsonConverter<AttributeValue>
    {
        public override AttributeValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.String => Of(reader.GetString()!),
            JsonTokenType.Number => Of(reader.GetDecimal()),
            JsonTokenType.True => Of(true),
            JsonTokenType.False => Of(false),
            _ => throw new JsonException("Expected a text, a number, true or false."),
        };

        public override void Write(Utf8JsonWriter writer, AttributeValue value, JsonSerializerOptions options)
        {
            if (value._type == JsonTokenType.String)
                writer.WriteStringValue(value._text);
            else if (value._type == JsonTokenType.Number)
                writer.WriteNumberValue(value._number);
            else
                writer.WriteBooleanValue(value._type == JsonTokenType.True);
        }
    }
}

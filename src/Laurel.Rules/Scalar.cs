using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>The kinds in the order in which values of different kinds are sorted.</summary>
public enum ScalarKind
{
    Flag,
    Number,
    Text,
}

/// <summary>The value of an attribute: a text, a decimal number or a flag. Numbers are compared by value: 1 is 1.0.</summary>
[JsonConverter(typeof(ScalarConverter))]
[SuppressMessage("Usage", "CA2225", Justification = "Of is the named alternate.")]
public readonly struct Scalar : IEquatable<Scalar>
{
    private readonly string? _text;
    private readonly decimal _number;

    private Scalar(ScalarKind kind, string? text, decimal number) => (Kind, _text, _number) = (kind, text, number);

    public ScalarKind Kind { get; }

    public string? Text => _text;

    public decimal? Number => Kind == ScalarKind.Number ? _number : null;

    public bool? Flag => Kind == ScalarKind.Flag ? _number != 0 : null;

    public static Scalar Of(string text) => new(ScalarKind.Text, text ?? throw new ArgumentNullException(nameof(text)), 0);

    /// <summary>Trailing zeros are dropped, so that equal numbers are written and hashed alike.</summary>
    public static Scalar Of(decimal number) =>
        new(ScalarKind.Number, null, number == 0 ? 0 : number.Scale == 0 ? number : number / 1.0000000000000000000000000000m);

    public static Scalar Of(bool flag) => new(ScalarKind.Flag, null, flag ? 1 : 0);

    public static implicit operator Scalar(string text) => Of(text);

    public static implicit operator Scalar(decimal number) => Of(number);

    public static implicit operator Scalar(long number) => Of((decimal)number);

    public static implicit operator Scalar(bool flag) => Of(flag);

    public static bool operator ==(Scalar left, Scalar right) => left.Equals(right);

    public static bool operator !=(Scalar left, Scalar right) => !left.Equals(right);

    public bool Equals(Scalar other) => Kind == other.Kind && (Kind == ScalarKind.Text ? _text == other._text : _number == other._number);

    public override bool Equals(object? obj) => obj is Scalar other && Equals(other);

    public override int GetHashCode() => Kind == ScalarKind.Text ? string.GetHashCode(_text, StringComparison.Ordinal) : _number.GetHashCode();

    public override string ToString() => Kind switch
    {
        ScalarKind.Text => _text!,
        ScalarKind.Number => _number.ToString(),
        ScalarKind.Flag => _number != 0 ? "true" : "false",
    };

    internal static int Compare(Scalar left, Scalar right) =>
        left.Kind != right.Kind ? left.Kind.CompareTo(right.Kind)
        : left.Kind == ScalarKind.Text ? string.CompareOrdinal(left._text, right._text)
        : left._number.CompareTo(right._number);

    internal void WriteTo(Utf8JsonWriter writer)
    {
        if (Kind == ScalarKind.Text)
            writer.WriteStringValue(_text);
        else if (Kind == ScalarKind.Number)
            writer.WriteNumberValue(_number);
        else
            writer.WriteBooleanValue(_number != 0);
    }

    /// <summary>Reads the token that the reader stands on; <paramref name="path"/> is named when it is none that is a scalar.</summary>
    internal static Scalar Read(ref Utf8JsonReader reader, string path) => reader.TokenType switch
    {
        JsonTokenType.String => Of(Json.Text(ref reader, path)),
        JsonTokenType.Number when reader.TryGetDecimal(out var number) => Of(number),
        JsonTokenType.Number => throw Json.Fault(path, "This number is too large."),
        JsonTokenType.True => Of(true),
        JsonTokenType.False => Of(false),
        _ => throw Json.Fault(path, "Expected a text, a number, true or false."),
    };
}

internal sealed class ScalarConverter : JsonConverter<Scalar>
{
    public override Scalar Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Scalar.Read(ref reader, "");

    public override void Write(Utf8JsonWriter writer, Scalar value, JsonSerializerOptions options) => value.WriteTo(writer);
}

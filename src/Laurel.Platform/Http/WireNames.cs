using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Platform.Http;

/// <summary>
/// The names of an enum's members on the wire and in the database: camelCase, or what <c>[JsonStringEnumMemberName]</c> says.
/// Numbers, other letter cases and combinations are not names.
/// </summary>
public static class WireNames<T> where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> Names = Enum.GetValues<T>().ToFrozenDictionary(value => value, value => WireNames.Of(typeof(T), value));
    private static readonly FrozenDictionary<string, T> Values = Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    public static string Of(T value) => Names[value];

    public static bool TryParse(string? name, out T value)
    {
        value = default;
        return name is not null && Values.TryGetValue(name, out value);
    }

    public static T Parse(string name) =>
        TryParse(name, out var value) ? value : throw new FormatException($"'{name}' is no {typeof(T).Name}");
}

public static class WireNames
{
    /// <summary>The enum that a type is, or chooses from; null where it is none.</summary>
    public static Type? EnumOf(Type type) =>
        type.IsEnum ? type : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Choice<>) ? type.GetGenericArguments()[0] : null;

    /// <summary>All names of an enum, in the order of its members.</summary>
    public static IEnumerable<string> All(Type enumType) => Enum.GetValues(enumType).Cast<object>().Select(value => Of(enumType, value));

    internal static string Of(Type enumType, object value)
    {
        var member = enumType.GetField(value.ToString()!, BindingFlags.Public | BindingFlags.Static)!;
        return member.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(member.Name);
    }
}

/// <summary>An enum in a query string. The framework would read the member's name in C#, in any letter case, or its number.</summary>
public readonly record struct Choice<T>(T Value) where T : struct, Enum
{
    public static bool TryParse(string? text, IFormatProvider? provider, out Choice<T> choice)
    {
        _ = provider;
        var known = WireNames<T>.TryParse(text, out var value);
        choice = new Choice<T>(value);
        return known;
    }
}

/// <summary>Enums travel as their wire names, never as numbers.</summary>
internal sealed class WireEnumConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    private sealed class Converter<T> : JsonConverter<T> where T : struct, Enum
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && WireNames<T>.TryParse(reader.GetString(), out var value)
                ? value
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(WireNames<T>.Of(value));
    }
}

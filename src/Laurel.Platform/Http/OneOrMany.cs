using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Platform.Http;

/// <summary>A body that is one thing or a list of them.</summary>
[JsonConverter(typeof(OneOrManyConverter))]
public sealed record OneOrMany<T>(IReadOnlyList<T> Items, bool IsList)
{
    /// <summary>Where an item stands in the body, for the path of a fault in it.</summary>
    public string PathOf(int index, string field) => IsList ? $"[{index}].{field}" : field;
}

internal sealed class OneOrManyConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => IsOneOrMany(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    public static bool IsOneOrMany(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(OneOrMany<>);

    private sealed class Converter<T> : JsonConverter<OneOrMany<T>>
    {
        public override OneOrMany<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.StartArray
                ? new OneOrMany<T>(JsonSerializer.Deserialize<List<T>>(ref reader, options)!, IsList: true)
                : new OneOrMany<T>([JsonSerializer.Deserialize<T>(ref reader, options)!], IsList: false);

        public override void Write(Utf8JsonWriter writer, OneOrMany<T> value, JsonSerializerOptions options)
        {
            if (value.IsList)
                JsonSerializer.Serialize(writer, value.Items, options);
            else
                JsonSerializer.Serialize(writer, value.Items[0], options);
        }
    }
}

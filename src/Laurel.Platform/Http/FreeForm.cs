using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Laurel.Platform.Http;

/// <summary>
/// A JSON object of which we know nothing but that it can be kept: names in a fixed order, so that it equals itself after having
/// been stored, and numbers that a database and a client can hold.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed record FreeForm
{
    private FreeForm(string json) => Json = json;

    public string Json { get; }

    public int SizeInBytes => Encoding.UTF8.GetByteCount(Json);

    /// <exception cref="JsonException">It is no object, or cannot be kept.</exception>
    public static FreeForm Parse(string json) => JsonSerializer.Deserialize<FreeForm>(json, JsonRules.Options) ?? throw new JsonException();

    public override string ToString() => Json;

    private sealed class Converter : JsonConverter<FreeForm>
    {
        public override FreeForm Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException();

            using var document = JsonDocument.ParseValue(ref reader);
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = options.Encoder }))
                Copy(document.RootElement, writer);
            return new FreeForm(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
        }

        public override void Write(Utf8JsonWriter writer, FreeForm value, JsonSerializerOptions options) => writer.WriteRawValue(value.Json);

        private static void Copy(JsonElement element, Utf8JsonWriter writer)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    writer.WriteStartObject();
                    string? last = null;
                    foreach (var property in element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                    {
                        if (property.Name == last)
                            throw new JsonException();
                        last = property.Name;
                        writer.WritePropertyName(Storable(property.Name));
                        Copy(property.Value, writer);
                    }

                    writer.WriteEndObject();
                    break;
                case JsonValueKind.Array:
                    writer.WriteStartArray();
                    foreach (var item in element.EnumerateArray())
                        Copy(item, writer);
                    writer.WriteEndArray();
                    break;
                case JsonValueKind.String:
                    writer.WriteStringValue(Storable(element.GetString()!));
                    break;
                case JsonValueKind.Number:
                    // A number beyond this, such as 1e400, would come back from most clients as another one.
                    writer.WriteNumberValue(element.TryGetDecimal(out var number) ? number : throw new JsonException());
                    break;
                default:
                    element.WriteTo(writer);
                    break;
            }
        }

        private static string Storable(string text) => text.Contains('\0') ? throw new JsonException() : text;
    }
}

using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Laurel.Rules;

/// <summary>What the converters of this project share.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A refusal that names the place inside the value being read, as `field` or `field.inner`; empty for the value itself.</summary>
    public static JsonException Fault(string path, string message) => new(message, path, lineNumber: null, bytePositionInLine: null);

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>U+0000 is refused because PostgreSQL cannot hold it in text, half a surrogate pair because UTF-8 cannot.</summary>
    public static string Text(ref Utf8JsonReader reader, string path)
    {
        try
        {
            var text = reader.GetString()!;
            if (!text.Contains('\0'))
                return text;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair; refused below.
        }

        throw Fault(path, "This text holds half a surrogate pair or U+0000.");
    }

    /// <summary>Canonical: one spelling for one content, without white space.</summary>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

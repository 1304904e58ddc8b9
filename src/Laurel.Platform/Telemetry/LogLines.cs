using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Telemetry;

/// <summary>The two forms of a log line: JSON for machines, text for a person at a terminal.</summary>
internal static class LogLines
{
    /// <summary>Collectors cut or drop longer lines; 32 KiB passes through all that are in common use.</summary>
    internal const int MaxLineBytes = 32_768;

    private const int MaxMessage = 8_192;
    private const int MaxValue = 2_048;
    private const int MaxName = 128;

    /// <summary>Room for what follows the last text: the closing brackets, and the names and brackets of an exception.</summary>
    private const int Reserve = 1_024;

    /// <summary>The longest that one character can become: <c>\u0000</c>.</summary>
    private const int MaxBytesPerCharacter = 6;

    // Nothing here is ever put into HTML: Korean, quotes and angle brackets stay readable. Control characters are escaped all the same.
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void WriteJson(LogEvent log, IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("time", log.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", LevelName(log.Level));
            json.WriteString("logger", Fit(json, log.Logger, MaxValue));
            json.WriteString("message", Fit(json, log.Message, MaxMessage));
            if (log.TraceId is not null)
            {
                json.WriteString("traceId", log.TraceId);
                json.WriteString("spanId", log.SpanId);
            }
            if (log.Exception is not null)
                WriteException(json, log.Exception);
            if (log.Values.Count > 0)
                WriteValues(json, log.Values);
            json.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    public static void WriteText(LogEvent log, IBufferWriter<byte> output)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{log.Time:HH:mm:ss.fff} {LevelName(log.Level),-11} ");
        AppendSafely(text, log.Logger, MaxValue);
        text.Append(": ");
        AppendSafely(text, log.Message, MaxMessage);
        text.Append('\n');
        for (var exception = log.Exception; exception is not null; exception = exception.Inner)
        {
            text.Append("    ");
            AppendSafely(text, $"{exception.Type}: {exception.Message}", MaxMessage);
            text.Append("\n    ");
            AppendSafely(text, exception.Stack, MaxMessage);
            text.Append('\n');
        }
        Encoding.UTF8.GetBytes(text.ToString(), output);
    }

    private static void WriteException(Utf8JsonWriter json, LogException exception)
    {
        json.WriteStartObject("exception"u8);
        WriteExceptionFields(json, exception);
        json.WriteEndObject();
    }

    private static void WriteExceptionFields(Utf8JsonWriter json, LogException exception)
    {
        json.WriteString("type", Fit(json, exception.Type, MaxValue));
        json.WriteString("message", Fit(json, exception.Message, MaxValue));
        json.WriteString("stack", Fit(json, exception.Stack, MaxMessage));
        if (exception.Inner is null)
            return;
        json.WriteStartObject("inner"u8);
        WriteExceptionFields(json, exception.Inner);
        json.WriteEndObject();
    }

    private static void WriteValues(Utf8JsonWriter json, IReadOnlyDictionary<string, object?> values)
    {
        json.WriteStartObject("values"u8);
        foreach (var (name, value) in values)
        {
            if (Room(json) < MaxName)
                break;
            json.WritePropertyName(Fit(json, name, MaxName));
            if (value is string text)
                json.WriteStringValue(Fit(json, text, MaxValue));
            else
                JsonSerializer.Serialize(json, value, value?.GetType() ?? typeof(object));
        }
        json.WriteEndObject();
    }

    private static string Fit(Utf8JsonWriter json, string text, int length)
    {
        length = Math.Min(length, Room(json));
        return text.Length <= length ? text : text[..length] + "…";
    }

    /// <summary>How many characters still fit into the line, whatever they are.</summary>
    private static int Room(Utf8JsonWriter json) =>
        Math.Max(0, (int)(MaxLineBytes - Reserve - json.BytesCommitted - json.BytesPending) / MaxBytesPerCharacter);

    /// <summary>
    /// Further lines are indented, so that no text can pose as a line of the log, and characters that would steer the
    /// terminal or turn the direction of writing are shown as their numbers.
    /// </summary>
    private static void AppendSafely(StringBuilder line, string text, int length)
    {
        var end = Math.Min(text.Length, length);
        for (var i = 0; i < end; i++)
        {
            var character = text[i];
            if (character == '\n')
                line.Append("\n    ");
            else if (IsUnsafe(character))
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else
                line.Append(character);
        }
        if (end < text.Length)
            line.Append('…');
    }

    private static bool IsUnsafe(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator;

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        LogLevel.None => "none",
    };
}

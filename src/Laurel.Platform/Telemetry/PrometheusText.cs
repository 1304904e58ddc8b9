using System.Buffers;
using System.Globalization;
using System.Text;

namespace Laurel.Platform.Telemetry;

/// <summary>Names, labels and lines of Prometheus' text format; names follow OpenTelemetry's mapping.</summary>
internal static class PrometheusText
{
    public const string OverflowLabels = "otel_metric_overflow=\"true\"";

    public static string MetricName(string name, string? unit, MetricKind kind)
    {
        const string total = "_total";
        var result = Mangle(name, colons: true);
        if (kind is MetricKind.Counter && result.EndsWith(total, StringComparison.Ordinal))
            result = result[..^total.Length];
        if (UnitSuffix(unit, kind) is { } suffix && !result.EndsWith("_" + suffix, StringComparison.Ordinal))
            result += "_" + suffix;
        return kind is MetricKind.Counter ? result + total : result;
    }

    /// <summary>
    /// The labels of a series without their braces, sorted by name, so that the order of the tags does not matter.
    /// Tags whose names become the same label are joined, since a label may stand only once.
    /// </summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var label = Mangle(key, colons: false);
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels[label] = labels.TryGetValue(label, out var other) ? other + ";" + text : text;
        }
        var result = new StringBuilder();
        foreach (var (label, value) in labels)
        {
            // An empty label is the same as none, and would make a second series of the same identity.
            if (value.Length > 0)
                result.Append(result.Length == 0 ? "" : ",").Append(label).Append("=\"").Append(EscapeLabel(value)).Append('"');
        }
        return result.ToString();
    }

    public static string EscapeHelp(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    public static void WriteSample(IBufferWriter<byte> output, string name, string labels, double value) =>
        WriteLine(output, labels.Length == 0 ? $"{name} {Number(value)}" : $"{name}{{{labels}}} {Number(value)}");

    public static void WriteLine(IBufferWriter<byte> output, string line)
    {
        Encoding.UTF8.GetBytes(line, output);
        output.Write("\n"u8);
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string EscapeLabel(string value)
    {
        // Lone surrogates all become U+FFFD on the wire; doing it here keeps two such values from becoming two equal series.
        var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));
        return EscapeHelp(wellFormed).Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    private static string Mangle(string name, bool colons)
    {
        var result = new StringBuilder(name.Length);
        foreach (var character in name)
        {
            if (char.IsAsciiLetterOrDigit(character) || (colons && character == ':'))
                result.Append(character);
            else if (result.Length == 0 || result[^1] != '_')
                result.Append('_');
        }
        if (result.Length == 0 || char.IsAsciiDigit(result[0]))
            result.Insert(0, '_');
        return result.ToString();
    }

    private static string? UnitSuffix(string? unit, MetricKind kind)
    {
        if (unit == "1")
            return kind is MetricKind.Gauge ? "ratio" : null;
        // Words in braces are notes for people: `{request}` is no unit, and `{request}/s` is "per second".
        var parts = (unit ?? "").Split('/', 2);
        var counted = parts[0].Length == 0 || parts[0][0] == '{' ? null : UnitWord(parts[0]);
        if (parts.Length == 1)
            return counted;
        var per = "per_" + UnitWord(parts[1]).TrimEnd('s');
        return counted is null ? per : $"{counted}_{per}";
    }

    private static string UnitWord(string unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "%" => "percent",
        _ => Mangle(unit, colons: false),
    };
}

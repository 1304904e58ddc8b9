using System.Buffers;
using System.Text;

namespace Laurel.Platform.Http;

/// <summary>Writes rows of CSV after RFC 4180, in UTF-8. What users chose themselves must not become a formula in what opens it.</summary>
public static class CsvText
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");
    private static readonly SearchValues<char> Formulas = SearchValues.Create("=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20");

    public static void WriteRow(IBufferWriter<byte> output, params IEnumerable<string?> fields) =>
        Encoding.UTF8.GetBytes($"{string.Join(',', fields.Select(field => Field(field ?? "")))}\r\n", output);

    /// <summary>Spreadsheets take what begins like this for a formula, and an apostrophe before it for the sign that it is text.</summary>
    private static string Field(string text)
    {
        if (text.Length > 0 && Formulas.Contains(text[0]))
            text = $"'{text}";
        // Where lists are parted by semicolons, what stands behind one begins a cell of its own.
        for (var at = text.IndexOf(';', StringComparison.Ordinal); at >= 0; at = text.IndexOf(';', at + 1))
        {
            if (at + 1 < text.Length && Formulas.Contains(text[at + 1]))
                text = text.Insert(at + 1, "'");
        }

        return text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}

using System.Text.Encodings.Web;

namespace Laurel.Docs;

/// <summary>
/// docs/errors.md for a browser: its text as it stands, each heading an anchor, so that the <c>type</c> of a problem
/// (<c>/docs/errors#email_taken</c>) leads to its place.
/// </summary>
internal static class ErrorsPage
{
    private static readonly Lazy<string> Page = new(Write);

    public static string Html => Page.Value;

    private static string Write()
    {
        using var resource = new StreamReader(typeof(ErrorsPage).Assembly.GetManifestResourceStream("errors.md")!);
        var lines = resource.ReadToEnd().Split('\n').Select(line => HtmlEncoder.Default.Encode(line) is var text && line.StartsWith('#')
            ? $"<b id=\"{line.Trim('#', ' ', '`', '\r')}\">{text}</b>"
            : text);
        return $"""
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><title>Laurel: error codes</title>
            <style>pre {"{"} max-width: 80ch; margin: 2rem auto; white-space: pre-wrap; font: 15px/1.5 ui-monospace, monospace {"}"} :target {"{"} background: #ffec99 {"}"}</style>
            <pre>{string.Join('\n', lines)}</pre>
            </html>
            """;
    }
}

using System.Text.Encodings.Web;

namespace Laurel.Docs;

/// <summary>
/// docs/errors.md for a browser: its text as it stands, each heading an anchor, so that the <c>type</c> of a problem
/// (<c>/docs/errors#email_taken</c>) leads to its place.
/// </summary>
internal static class ErrorsPage
{
    private const string Heading = "### ";

    private static readonly Lazy<string> Page = new(Write);

    public static string Html => Page.Value;

    private static string Write()
    {
        using var resource = new StreamReader(typeof(ErrorsPage).Assembly.GetManifestResourceStream("errors.md")!);
        var lines = resource.ReadToEnd().Split('\n').Select(line => line.StartsWith(Heading, StringComparison.Ordinal)
            ? $"<b id=\"{line[Heading.Length..].Trim()}\">{HtmlEncoder.Default.Encode(line)}</b>"
            : HtmlEncoder.Default.Encode(line));
        return $$"""
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><title>Laurel: error codes</title>
            <style>pre { max-width: 80ch; margin: 2rem auto; white-space: pre-wrap; font: 15px/1.5 ui-monospace, monospace } :target { background: #ffec99 }</style>
            <pre>{{string.Join('\n', lines)}}</pre>
            </html>
            """;
    }
}

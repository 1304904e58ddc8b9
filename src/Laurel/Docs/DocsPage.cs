using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Laurel.Platform.Http;

namespace Laurel.Docs;

/// <summary>One document that the page offers. Requests that it describes stay below its prefix.</summary>
internal sealed record OfferedDocument(string Url, string Name, string Prefix = "");

/// <summary>
/// Swagger UI over the documents that there are at this moment. Some are written by others, so nothing runs in the page but what it
/// brings itself: its scripts carry a number that is drawn anew for each answer.
/// </summary>
internal static class DocsPage
{
    public static IResult Answer(HttpContext context, IReadOnlyList<OfferedDocument> documents)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        // Styles stand at elements, as the page's script makes them; they can load nothing but pictures from here.
        context.Features.Set(new ContentPolicy(
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
        context.Response.Headers.CacheControl = "no-store";
        return Results.Text(Write(documents, nonce), "text/html", Encoding.UTF8);
    }

    /// <summary>
    /// A document could give a path such values that a browser makes another path of it: then it is not sent.
    /// What stands in a script must not end it, so these options escape what the API's leave readable.
    /// </summary>
    internal static string Write(IReadOnlyList<OfferedDocument> documents, string nonce) =>
        $$"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Laurel API</title>
        <link rel="stylesheet" href="/docs/swagger-ui.css">
        <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
        <div id="swagger-ui"></div>
        <script nonce="{{nonce}}" src="/docs/swagger-ui-bundle.js"></script>
        <script nonce="{{nonce}}" src="/docs/swagger-ui-standalone-preset.js"></script>
        <script nonce="{{nonce}}">
        const documents = {{JsonSerializer.Serialize(documents, JsonSerializerOptions.Web)}};
        const ui = SwaggerUIBundle({
          dom_id: "#swagger-ui",
          urls: documents,
          presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
          layout: "StandaloneLayout",
          deepLinking: true,
          validatorUrl: null,
          requestInterceptor: request => {
            if (request.loadSpec)
              return request;
            const path = new URL(request.url, location.href).pathname;
            const shown = documents.find(document => document.url === ui.specSelectors.url());
            if (!path.startsWith(shown.prefix + "/"))
              throw new Error("This would not go to the service that the document is of.");
            return request;
          },
        });
        </script>
        </html>
        """;
}

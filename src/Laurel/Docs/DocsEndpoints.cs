using System.Collections.Concurrent;
using System.Text;
using Laurel.Gateway.Documents;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Laurel.Docs;

/// <summary>What a developer reads: the OpenAPI documents, Swagger UI over them, the page of error codes.</summary>
internal static class DocsEndpoints
{
    public static readonly IReadOnlyList<string> Documents = ["auth", "events", "platform"];

    private const string PolicyOfText = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <param name="app">The process.</param>
    /// <param name="services">Which of Laurel's services it serves, and so describes.</param>
    /// <param name="others">The documents of services behind it, where it is a gateway.</param>
    public static void MapDocs(this WebApplication app, IReadOnlyList<string> services, ServiceDocuments? others)
    {
        string[] documents = [.. services, "platform"];
        // The page is an endpoint; what it loads is Swashbuckle's.
        app.UseWhen(context => context.GetEndpoint() is null, assets => assets.UseSwaggerUI(ui => ui.RoutePrefix = "docs"));
        app.MapGet("/docs/index.html", (HttpContext context) => DocsPage.Answer(context,
            [
                // A gateway passes on what it does not describe itself.
                .. (others is null ? documents : Documents).Select(name => new OfferedDocument($"/openapi/{name}.json", name)),
                .. others?.All.Select(service => new OfferedDocument($"/openapi/services/{Uri.EscapeDataString(service.Name)}.json", service.Name, service.Prefix)) ?? [],
            ]))
            .ExcludeFromDescription()
            .AllowAnyone();

        // A document costs milliseconds to make and never changes while the process lives: it is made once.
        var made = new ConcurrentDictionary<string, Lazy<Task<string>>>(StringComparer.Ordinal);
        app.MapGet("/openapi/{document}.json", async (string document, IServiceProvider services) => documents.Contains(document)
                ? Results.Text(await made.GetOrAdd(document, name => new(() => Write(services, name))).Value, "application/json", Encoding.UTF8)
                : new Problem(Errors.NotFound))
            .ExcludeFromDescription()
            .AllowAnyone();

        if (others is not null)
        {
            app.MapGet("/openapi/services/{service}.json", async (string service) => await others.Of(service) is { } shown
                    ? Results.Bytes(shown, "application/json")
                    : new Problem(Errors.NotFound))
                .ExcludeFromDescription()
                .AllowAnyone();
        }

        app.MapGet("/docs/errors", (HttpContext context) =>
            {
                context.Features.Set(new ContentPolicy(PolicyOfText));
                return Results.Text(ErrorsPage.Html, "text/html", Encoding.UTF8);
            })
            .ExcludeFromDescription()
            .AllowAnyone();

        app.MapGet("/", () => Results.Redirect("/docs")).ExcludeFromDescription().AllowAnyone();
    }

    internal static async Task<string> Write(IServiceProvider services, string name)
    {
        using var scope = services.CreateScope();
        var document = await scope.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(name).GetOpenApiDocumentAsync();
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
    }
}

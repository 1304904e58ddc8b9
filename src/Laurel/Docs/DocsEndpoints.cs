using System.Collections.Concurrent;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Laurel.Docs;

/// <summary>What a developer reads: the OpenAPI documents, Swagger UI over them, the page of error codes.</summary>
internal static class DocsEndpoints
{
    public static readonly IReadOnlyList<string> Documents = ["auth", "events", "platform"];

    /// <param name="app">The process.</param>
    /// <param name="services">Which of Laurel's services it serves, and so describes.</param>
    public static void MapDocs(this WebApplication app, IReadOnlyList<string> services)
    {
        string[] documents = [.. services, "platform"];
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "docs";
            ui.DocumentTitle = "Laurel API";
            foreach (var document in Documents)
                ui.SwaggerEndpoint($"/openapi/{document}.json", document);
        });

        // A document costs milliseconds to make and never changes while the process lives: it is made once.
        var made = new ConcurrentDictionary<string, Lazy<Task<string>>>(StringComparer.Ordinal);
        app.MapGet("/openapi/{document}.json", async (string document, IServiceProvider services) => documents.Contains(document)
                ? Results.Text(await made.GetOrAdd(document, name => new(() => Write(services, name))).Value, "application/json", Encoding.UTF8)
                : new Problem(Errors.NotFound))
            .ExcludeFromDescription()
            .AllowAnyone();

        app.MapGet("/docs/errors", () => Results.Text(ErrorsPage.Html, "text/html", Encoding.UTF8))
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

using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Laurel.Docs;
using Laurel.Gateway.Documents;
using Laurel.Gateway.Proxying;
using Laurel.Platform.Access;
using Laurel.Platform.Registry;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laurel.Tests.Gateway;

/// <summary>One page over the documents of all services, those of somebody else's too, whatever these say.</summary>
public sealed partial class DocumentsOfServices(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_registered_service_is_described_as_clients_call_it()
    {
        await using var behind = await Behind.Start();
        behind.Answers = context => context.Response.WriteAsJsonAsync(new
        {
            openapi = "3.1.0",
            info = new { title = "Boards" },
            servers = new[] { new { url = $"{behind.Address}/x" } },
            paths = new Dictionary<string, object> { ["/top"] = new { get = new { summary = "The best" } } },
        });
        var name = await Registers(behind);

        var shown = (await Document(name)).Is(200).Json;
        Assert.Equal("Boards", (string)shown["info"]!["title"]!);
        Assert.Equal("The best", (string)shown["paths"]![$"/{name}/x/top"]!["get"]!["summary"]!);
        Assert.Equal("/", (string)shown["servers"]!.AsArray().Single()!["url"]!);
    }

    [Fact]
    public async Task A_document_is_fetched_once_for_all_who_look_until_the_registry_changes_or_a_minute_has_passed()
    {
        await using var behind = await Behind.Start();
        var isThere = false;
        behind.Answers = context => isThere ? context.Response.WriteAsJsonAsync(new { openapi = "3.1.0", paths = new { } }) : Lie("broken", context);
        var (table, clock) = (new ProxyTable(), new TestClock());
        RegisteredService boards = new("boards", [new ServiceInstance(behind.Address, "/health/ready", "/openapi.json")], "/boards");
        using var documents = new ServiceDocuments(table, clock, NullLogger<ServiceDocuments>.Instance);
        Assert.Null(await documents.Of("boards"));

        table.Replace([boards]);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => documents.Of("boards"))), Assert.Null);
        Assert.Single(behind.Asked);
        isThere = true;
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => documents.Of("boards"))), Assert.NotNull);
        Assert.Equal(2, behind.Asked.Count);
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.NotNull(await documents.Of("boards"));
        Assert.Equal(3, behind.Asked.Count);
        table.Replace([boards]);
        Assert.NotNull(await documents.Of("boards"));
        Assert.Equal(4, behind.Asked.Count);
        table.Replace([]);
        Assert.Null(await documents.Of("boards"));
    }

    [Fact]
    public async Task The_page_offers_all_documents_and_runs_nothing_but_its_own_scripts()
    {
        await using var behind = await Behind.Start();
        var name = await Registers(behind);
        var answer = (await app.Anonymous.Get("/docs/index.html")).Is(200);
        foreach (var document in new[] { "/openapi/auth.json", "/openapi/events.json", "/openapi/platform.json", $"/openapi/services/{name}.json" })
            Assert.Contains($"\"{document}\"", answer.Text, StringComparison.Ordinal);
        foreach (var document in new[] { "auth", "events", "platform" })
            (await app.Anonymous.Get($"/openapi/{document}.json")).Is(200);

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        var nonce = Nonce().Match(policy).Groups["nonce"].Value;
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Equal(Script().Count(answer.Text), Script().Matches(answer.Text).Count(script => script.Value.Contains($"nonce=\"{nonce}\"", StringComparison.Ordinal)));
        Assert.NotEqual(nonce, Nonce().Match((await app.Anonymous.Get("/docs/index.html")).Headers.GetValues("Content-Security-Policy").Single()).Groups["nonce"].Value);
        foreach (var script in new[] { "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css" })
            (await app.Anonymous.Get($"/docs/{script}")).Is(200);
    }

    [Fact]
    public void A_name_ends_no_script() =>
        Assert.Equal(3, Script().Count(DocsPage.Write([new OfferedDocument("/openapi/x.json", "</script><script>alert(1)</script><!--")], "n")));

    public static TheoryData<string> Lies => ["large", "html", "nothing", "elsewhere", "broken", "deep", "old", "lists", "failing"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_service_that_lies_has_no_document_and_harms_none(string lie)
    {
        await using var behind = await Behind.Start();
        behind.Answers = context => Lie(lie, context);
        var name = await Registers(behind);
        (await Document(name)).Refused(404, "not_found");
        (await app.Anonymous.Get("/openapi/events.json")).Is(200);
        (await app.Anonymous.Get("/docs/index.html")).Is(200);
    }

    [Fact]
    public void Nothing_in_a_document_leads_out_of_it()
    {
        var shown = Shown(
            """
            {"openapi": "3.0.1", "x-anything": 1, "externalDocs": {"url": "javascript:alert(1)"}, "servers": [{"url": "https://evil.example/boards"}],
             "info": {"title": "<script>alert(1)</script>", "contact": {"url": "javascript:alert(1)"}},
             "security": [{"stolen": []}],
             "paths": {
               "/top": {"servers": [{"url": "https://evil.example"}], "$ref": "https://evil.example/item", "get": {
                 "servers": [{"url": "https://evil.example"}], "externalDocs": {"url": "javascript:alert(1)"}, "callbacks": {"x": {}},
                 "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "https://evil.example/schema"}}}}}}},
               "/../v1/me": {"delete": {}}, "/%2e%2E/v1/me": {"delete": {}}, "/a\\..\\b": {"get": {}}, "/a?b": {"get": {}}, "no/slash": {"get": {}}},
             "components": {"securitySchemes": {"stolen": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "javascript:alert(1)"}}}},
               "schemas": {"Board": {"properties": {"$ref": {"type": "string"}, "externalDocs": {"type": "string"}, "next": {"$ref": "#/components/schemas/Board"}, "out": {"$ref": "/v1/me/export"}}}}}}
            """)!;

        var text = shown.ToJsonString();
        foreach (var gone in new[] { "evil.example", "javascript:", "stolen", "v1/me", "callbacks", "<script>", "x-anything" })
            Assert.DoesNotContain(gone, text, StringComparison.Ordinal);
        Assert.Equal(["/boards/top"], shown["paths"]!.AsObject().Select(path => path.Key));
        var properties = shown["components"]!["schemas"]!["Board"]!["properties"]!;
        Assert.Equal(["$ref", "externalDocs", "next", "out"], properties.AsObject().Select(property => property.Key));
        Assert.Equal("#/components/schemas/Board", (string)properties["next"]!["$ref"]!);
    }

    [Theory]
    [InlineData("", "/top", "/boards/top")]
    [InlineData("", "/boards/top", "/boards/top")]
    [InlineData("/boards", "/top", "/boards/top")]
    [InlineData("http://10.0.0.7:5000/boards/", "/top", "/boards/top")]
    [InlineData("", "/boardsandmore", "/boards/boardsandmore")]
    [InlineData("nonsense", "/{id}", "/boards/{id}")]
    public void Paths_stand_below_the_prefix(string server, string path, string shown)
    {
        var document = Shown($$$"""{"openapi": "3.1.0", "servers": [{"url": "{{{server}}}"}], "paths": {"{{{path}}}": {} } }""");
        Assert.Equal([shown], document!["paths"]!.AsObject().Select(one => one.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"openapi": "3.1.0", "openapi": "3.1.0", "paths": {}}""")]
    [InlineData("""{"openapi": 3, "paths": {}}""")]
    [InlineData("""{"openapi": "3.1.0", "paths": []}""")]
    [InlineData("""{"openapi": "3.1.0", "paths": {"/a": {"get": {"summary": 1, "summary": 2}}}}""")]
    public void What_is_no_document_is_none(string text) => Assert.Null(Shown(text));

    private static JsonNode? Shown(string text) => ShownDocument.Make(Encoding.UTF8.GetBytes(text), "boards", "/boards") is { } shown ? JsonNode.Parse(shown) : null;

    private static async Task Lie(string lie, HttpContext context)
    {
        const string document = """{"openapi": "3.1.0", "paths": {}}""";
        context.Response.ContentType = lie == "html" ? "text/html" : "application/json";
        switch (lie)
        {
            case "large":
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.WriteAsync(new string(' ', 10_000), context.RequestAborted);
                break;
            case "nothing":
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "elsewhere":
                context.Response.Redirect("http://169.254.169.254/");
                break;
            case "failing":
                context.Response.StatusCode = 500;
                await context.Response.WriteAsync(document);
                break;
            default:
                await context.Response.WriteAsync(lie switch
                {
                    "broken" => "{\"openapi\": ",
                    "deep" => $$"""{"openapi": "3.1.0", "paths": {}, "components": {{new string('[', 5_000)}}{{new string(']', 5_000)}}}""",
                    "old" => """{"swagger": "2.0", "paths": {}}""",
                    "lists" => "[]",
                    _ => document,
                });
                break;
        }
    }

    /// <summary>By a client that does not know Laurel's documents: this is none of them.</summary>
    private async Task<Answer> Document(string name)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http).Get($"/openapi/services/{name}.json");
    }

    private async Task<string> Registers(Behind behind)
    {
        var name = $"s{Playing.NewPerson():N}";
        var instance = new { behind.Address, prefix = $"/{name}", openApiPath = "/openapi.json" };
        (await app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister)).Put($"/v1/services/{name}/instances", instance)).Is(200);
        await Eventually.True(async () => (await app.Anonymous.Get("/docs/index.html")).Text.Contains(name, StringComparison.Ordinal));
        return name;
    }

    [GeneratedRegex("'nonce-(?<nonce>[^']+)'", RegexOptions.NonBacktracking)]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>", RegexOptions.NonBacktracking)]
    private static partial Regex Script();
}

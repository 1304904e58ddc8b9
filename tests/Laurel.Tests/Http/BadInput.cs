using System.Net.Http.Headers;
using System.Text;
using Laurel.Tests.Support;

namespace Laurel.Tests.Http;

/// <summary>What no client of good will sends. Each gets a clear answer, and nothing changes.</summary>
public sealed class BadInput(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Good = """{"email":"bad-input@example.com","password":"correct horse 12","nickname":"Somebody"}""";

    public static TheoryData<string, string, string> Bodies => new()
    {
        { "", "$", "empty" },
        { "   ", "$", "empty" },
        { Good[..^5], "$", "syntax" },
        { Good + "x", "$", "syntax" },
        { "/* hello */" + Good, "$", "syntax" },
        { "null", "$", "null" },
        { "[]", "$", "wrong_kind" },
        { "\"text\"", "$", "wrong_kind" },
        { "{}", "email", "missing_field" },
        { """{"email":NaN}""", "$", "syntax" },
        { Good.Replace("}", ",}", StringComparison.Ordinal), "$", "syntax" },
        { Good.Replace("{", """{"email":"first@example.com",""", StringComparison.Ordinal), "email", "duplicate_field" },
        { Good.Replace("}", ""","role":"ADMIN"}""", StringComparison.Ordinal), "role", "unknown_field" },
        { Good.Replace("\"email\"", "\"Email\"", StringComparison.Ordinal), "Email", "unknown_field" },
        { Good.Replace("\"Somebody\"", "null", StringComparison.Ordinal), "nickname", "null" },
        { Good.Replace("\"Somebody\"", "[]", StringComparison.Ordinal), "nickname", "wrong_kind" },
        { Good.Replace("\"Somebody\"", "7", StringComparison.Ordinal), "nickname", "wrong_kind" },
        { Good.Replace("\"Somebody\"", "{}", StringComparison.Ordinal), "nickname", "wrong_kind" },
        { Good.Replace("Somebody", @"\ud800", StringComparison.Ordinal), "nickname", "invalid_string" },
        { Good.Replace("\"nickname\"", @"""\ud800"":1,""nickname""", StringComparison.Ordinal), "$", "invalid_string" },
        { Good.Replace("Somebody", @"a\u0000b", StringComparison.Ordinal), "nickname", "invalid_string" },
        { new string('[', 10_000) + new string(']', 10_000), "$", "syntax" },
        { Good.Replace("\"Somebody\"", string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40), StringComparison.Ordinal), "$", "syntax" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_not_what_is_read_is_refused_with_its_path(string body, string path, string code)
    {
        (await Send(body)).Refused(400, "malformed_body").Because(path, code);
        await NothingHappened();
    }

    [Fact]
    public async Task Invalid_utf8_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(Good);
        bytes[Good.IndexOf("Somebody", StringComparison.Ordinal)] = 0xFF;
        var content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

        (await app.Anonymous.Send(HttpMethod.Post, "/v1/auth/signup", content)).Refused(400, "malformed_body").Because("$", "invalid_utf8");
        await NothingHappened();
    }

    [Fact]
    public async Task An_escaped_backslash_before_u0000_is_just_text() =>
        (await app.Anonymous.Post("/v1/auth/signup", new { email = "backslash@example.com", password = "correct horse 12", nickname = @"a\u0000b" })).Is(201);

    [Fact]
    public async Task A_body_of_more_than_a_megabyte_is_refused()
    {
        (await Send(Good.Replace("Somebody", new string('x', 1_100_000), StringComparison.Ordinal))).Refused(413, "body_too_large");
        await NothingHappened();
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("nonsense")]
    public async Task Another_media_type_is_refused(string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Good));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        (await app.Anonymous.Send(HttpMethod.Post, "/v1/auth/signup", content)).Refused(415, "unsupported_media_type");
        (await app.Anonymous.Send(HttpMethod.Post, "/v1/auth/signup", new ByteArrayContent(Encoding.UTF8.GetBytes(Good)))).Refused(415, "unsupported_media_type");
        await NothingHappened();
    }

    [Fact]
    public async Task Another_method_is_refused_with_those_that_are_allowed()
    {
        var answer = (await app.Anonymous.Put("/v1/auth/signup")).Refused(405, "method_not_allowed");
        Assert.Equal(["POST"], answer.ContentHeaders.Allow);
    }

    [Theory]
    [InlineData("/v1/nothing")]
    [InlineData("/v2/auth/signup")]
    [InlineData("/v1/users/../../etc/passwd")]
    [InlineData("/openapi/nothing.json")]
    public async Task What_is_not_there_is_404(string path) => (await app.Anonymous.Get(path)).Refused(404, "not_found");

    [Fact]
    public async Task An_endpoint_without_parameters_takes_none() =>
        (await app.Anonymous.Post("/v1/auth/signup?debug=true", new { })).Refused(400, "bad_query").Because("debug", "unknown_parameter");

    [Fact]
    public async Task A_refusal_names_its_trace_and_its_page()
    {
        var answer = await app.Anonymous.Send(
            HttpMethod.Get, "/v1/me", null, ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", answer.Refused(401, "unauthenticated").Field("traceId"));
        Assert.Equal("/docs/errors#unauthenticated", answer.Field("type"));
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    private Task<Answer> Send(string body) =>
        app.Anonymous.Send(HttpMethod.Post, "/v1/auth/signup", new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task NothingHappened() =>
        Assert.Equal("true", (await app.Anonymous.Get("/v1/auth/email-availability?email=bad-input@example.com")).Is(200).Field("available"));
}

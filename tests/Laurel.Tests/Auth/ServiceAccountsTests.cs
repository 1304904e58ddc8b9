using System.Net.Http.Headers;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

public sealed class ServiceAccountsTests(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_game_server_gets_a_token_for_its_scopes()
    {
        var (_, id, secret) = await NewService("activities:write", "revocations:read");
        var answer = (await Token(id, secret)).Is(200);

        Assert.Equal("Bearer", answer.Field("token_type"));
        Assert.Equal("600", answer.Field("expires_in"));
        Assert.Equal("activities:write revocations:read", answer.Field("scope"));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        (await app.Anonymous.As(answer.Field("access_token")).Get("/v1/auth/revocations")).Is(200);
    }

    [Fact]
    public async Task It_may_ask_for_less_but_not_for_more()
    {
        var (_, id, secret) = await NewService("activities:write", "revocations:read");

        var less = (await Token(id, secret, ("scope", "activities:write"))).Is(200);
        Assert.Equal("activities:write", less.Field("scope"));
        (await app.Anonymous.As(less.Field("access_token")).Get("/v1/auth/revocations")).Refused(403, "forbidden");
        (await Token(id, secret, ("scope", "activities:write points:write"))).Refused(400, "invalid_scope");
    }

    [Fact]
    public async Task Id_and_secret_may_come_as_http_basic()
    {
        var (_, id, secret) = await NewService("activities:write");

        (await Basic(id, secret)).Is(200);
        (await Basic(id, "lss_wrong")).Refused(401, "invalid_client");
        (await Basic(id, secret, ("client_secret", secret))).Refused(400, "invalid_request");
    }

    [Fact]
    public async Task A_refusal_speaks_oauth_too()
    {
        var (_, id, _) = await NewService("activities:write");
        var refused = (await Token(id, "lss_wrong")).Refused(401, "invalid_client");

        Assert.Equal("invalid_client", refused.Field("error"));
        Assert.Equal("Basic", refused.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task A_token_request_that_cannot_be_read_is_refused()
    {
        var (_, id, secret) = await NewService("activities:write");

        (await Form([])).Refused(400, "invalid_request");
        (await Form([("grant_type", "client_credentials")])).Refused(400, "invalid_request");
        (await Form([("grant_type", "password"), ("client_id", id), ("client_secret", secret)])).Refused(400, "unsupported_grant_type");
        (await Form([("grant_type", "client_credentials"), ("client_id", id), ("client_id", id), ("client_secret", secret)])).Refused(400, "invalid_request");
        (await Form([("grant_type", "client_credentials"), ("client_id", "not a uuid"), ("client_secret", secret)])).Refused(401, "invalid_client");
        (await app.Anonymous.Post("/v1/auth/token", new { grant_type = "client_credentials" })).Refused(415, "unsupported_media_type");
        (await app.Anonymous.Send(HttpMethod.Post, "/v1/auth/token", new StringContent("%00=%ff&&&", new MediaTypeHeaderValue("application/x-www-form-urlencoded"))))
            .Refused(400, "invalid_request");
        foreach (var charset in new[] { "utf-7", "utf-16", "nonsense" })
        {
            var content = Content([("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") { CharSet = charset };
            (await app.Anonymous.Send(HttpMethod.Post, "/v1/auth/token", content)).Refused(415, "unsupported_media_type");
        }
    }

    [Fact]
    public async Task A_new_secret_ends_the_old_one_and_its_tokens()
    {
        var (admin, id, old) = await NewService("revocations:read");
        var token = app.Anonymous.As((await Token(id, old)).Is(200).Field("access_token"));
        var renewed = (await admin.Post($"/v1/service-accounts/{id}/secret")).Is(200).Field("clientSecret");

        (await Token(id, old)).Refused(401, "invalid_client");
        (await token.Get("/v1/auth/revocations")).Refused(401, "session_ended");
        (await Token(id, renewed)).Is(200);
    }

    [Fact]
    public async Task Switching_it_off_ends_its_tokens()
    {
        var (admin, id, secret) = await NewService("revocations:read");
        var token = app.Anonymous.As((await Token(id, secret)).Is(200).Field("access_token"));

        (await admin.Patch($"/v1/service-accounts/{id}", new { active = false })).Is(200);
        (await token.Get("/v1/auth/revocations")).Refused(401, "session_ended");
        (await Token(id, secret)).Refused(401, "invalid_client");
        (await admin.Patch($"/v1/service-accounts/{id}", new { active = true, scopes = new[] { "points:write" } })).Is(200);
        Assert.Equal("points:write", (await Token(id, secret)).Is(200).Field("scope"));
    }

    [Fact]
    public async Task The_secret_is_shown_once()
    {
        var (admin, id, secret) = await NewService("activities:write");

        Assert.DoesNotContain(secret, (await admin.Get($"/v1/service-accounts/{id}")).Is(200).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await admin.Get("/v1/service-accounts")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_breaks_a_rule_is_refused()
    {
        var admin = (await app.SignedIn(Role.Admin)).Api;

        (await admin.Post("/v1/service-accounts", new { name = "twice", scopes = new[] { "points:write" } })).Is(201);
        (await admin.Post("/v1/service-accounts", new { name = "twice", scopes = new[] { "points:write" } })).Refused(409, "name_taken");
        (await admin.Post("/v1/service-accounts", new { name = "", scopes = new[] { "points:write" } })).Refused(422, "rule_broken").Because("name", "length");
        (await admin.Post("/v1/service-accounts", new { name = "none", scopes = Array.Empty<string>() })).Refused(422, "rule_broken").Because("scopes", "unknown_scope");
        (await admin.Post("/v1/service-accounts", new { name = "all", scopes = new[] { "everything" } })).Refused(422, "rule_broken").Because("scopes", "unknown_scope");
        (await admin.Post("/v1/service-accounts", new { name = "null", scopes = new string?[] { null } })).Refused(400, "malformed_body").Because("scopes[0]", "null");
        (await admin.Patch($"/v1/service-accounts/{Guid.Empty}", new { active = false })).Refused(404, "not_found");
        (await admin.Patch($"/v1/service-accounts/{Guid.Empty}", new { })).Refused(422, "rule_broken");
        (await admin.Post($"/v1/service-accounts/{Guid.Empty}/secret")).Refused(404, "not_found");
        (await admin.Get($"/v1/service-accounts/{Guid.Empty}")).Refused(404, "not_found");
    }

    [Fact]
    public async Task Ended_sessions_are_published_for_services_that_run_apart()
    {
        var (_, id, secret) = await NewService("revocations:read");
        var service = app.Anonymous.As((await Token(id, secret)).Is(200).Field("access_token"));
        var somebody = await app.SignedIn();
        (await somebody.Api.Delete($"/v1/me/sessions/{somebody.Session}")).Is(204);

        Assert.Contains(somebody.Session.ToString(), (await service.Get("/v1/auth/revocations")).Is(200).Text, StringComparison.Ordinal);
        Assert.Empty((await service.Get("/v1/auth/revocations?since=2999-01-01T00:00:00Z")).Is(200).Json["items"]!.AsArray());
        (await service.Get("/v1/auth/revocations?since=yesterday")).Refused(400, "bad_query").Because("since", "bad_value");
        (await service.Get("/v1/auth/revocations?since=2026-01-01T00:00:00")).Refused(400, "bad_query").Because("since", "bad_value");
    }

    private async Task<(Api Admin, string Id, string Secret)> NewService(params string[] scopes)
    {
        var admin = (await app.SignedIn(Role.Admin)).Api;
        var made = (await admin.Post("/v1/service-accounts", new { name = $"server {Guid.CreateVersion7(app.Clock.GetUtcNow())}", scopes })).Is(201);
        return (admin, made.Field("clientId"), made.Field("clientSecret"));
    }

    private Task<Answer> Token(string id, string secret, params (string, string)[] more) =>
        Form([("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), .. more]);

    private Task<Answer> Form(IEnumerable<(string Name, string Value)> fields) =>
        app.Anonymous.Send(HttpMethod.Post, "/v1/auth/token", Content(fields));

    private Task<Answer> Basic(string id, string secret, params (string Name, string Value)[] more) =>
        app.Anonymous.Send(
            HttpMethod.Post,
            "/v1/auth/token",
            Content([("grant_type", "client_credentials"), .. more]),
            ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}"))));

    private static FormUrlEncodedContent Content(IEnumerable<(string Name, string Value)> fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
}

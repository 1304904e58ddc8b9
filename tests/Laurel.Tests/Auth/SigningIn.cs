using System.Net.Http.Headers;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Auth;

public sealed class SigningIn(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Password = "correct horse 12";

    [Fact]
    public async Task Tokens_come_in_the_body_and_open_what_is_mine()
    {
        var email = await SignUp();
        var tokens = (await Login(email)).Is(200);

        Assert.Equal("Bearer", tokens.Field("tokenType"));
        Assert.Equal("600", tokens.Field("expiresIn"));
        Assert.Contains("no-store", tokens.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal(email, (await app.Anonymous.As(tokens.Field("accessToken")).Get("/v1/me")).Is(200).Field("email"));
    }

    [Fact]
    public async Task The_email_may_be_written_in_any_letter_case() =>
        (await Login((await SignUp()).ToUpperInvariant())).Is(200);

    [Fact]
    public async Task An_unknown_account_and_a_wrong_password_answer_alike()
    {
        var email = await SignUp();
        var wrong = (await Login(email, "not this one 12")).Refused(401, "invalid_credentials");
        var unknown = (await Login($"x{email}", "not this one 12")).Refused(401, "invalid_credentials");

        Assert.Equal(WithoutTrace(wrong), WithoutTrace(unknown));

        static string WithoutTrace(Answer answer) => answer.Text.Replace(answer.Field("traceId"), "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_alone_sign_a_browser_in_and_no_script_can_read_them()
    {
        var answer = (await app.Anonymous.Post("/v1/auth/login?useCookies=true", new { email = await SignUp(), password = Password })).Is(204);

        Assert.Equal(2, answer.Cookies.Count());
        Assert.All(answer.Cookies, cookie =>
        {
            Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
            Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; path=/", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        });
        (await Browse(HttpMethod.Get, "/v1/me", answer)).Is(200);
    }

    [Fact]
    public async Task A_write_by_cookie_must_come_from_this_site()
    {
        var signedIn = (await app.Anonymous.Post("/v1/auth/login?useCookies=true", new { email = await SignUp(), password = Password })).Is(204);

        (await Browse(HttpMethod.Delete, "/v1/me", signedIn)).Refused(403, "origin_mismatch");
        (await Browse(HttpMethod.Delete, "/v1/me", signedIn, "https://evil.example")).Refused(403, "origin_mismatch");
        (await Browse(HttpMethod.Delete, "/v1/me", signedIn, "null")).Refused(403, "origin_mismatch");
        (await Browse(HttpMethod.Post, "/v1/auth/refresh", signedIn, "https://evil.example")).Refused(403, "origin_mismatch");
        (await Browse(HttpMethod.Post, "/v1/auth/logout", signedIn, "https://evil.example")).Refused(403, "origin_mismatch");

        var refreshed = (await Browse(HttpMethod.Post, "/v1/auth/refresh", signedIn, app.Address.GetLeftPart(UriPartial.Authority))).Is(204);
        var left = (await Browse(HttpMethod.Post, "/v1/auth/logout", refreshed, app.Address.GetLeftPart(UriPartial.Authority))).Is(204);
        Assert.All(left.Cookies, cookie => Assert.Contains("max-age=0", cookie, StringComparison.OrdinalIgnoreCase));
        (await Browse(HttpMethod.Get, "/v1/me", refreshed)).Refused(401, "session_ended");
    }

    [Fact]
    public async Task A_proxy_can_ask_whether_a_token_is_good()
    {
        var somebody = await app.SignedIn();
        var answer = (await somebody.Api.Get("/v1/auth/check")).Is(204);

        Assert.Equal(somebody.Account.Id.ToString(), answer.Headers.GetValues("X-User-Id").Single());
        Assert.Equal("USER", answer.Headers.GetValues("X-User-Role").Single());
        (await app.Anonymous.Get("/v1/auth/check")).Refused(401, "unauthenticated");
    }

    [Theory]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer")]
    [InlineData("Bearer  ")]
    [InlineData("Bearer a.b.c")]
    [InlineData("bearer x")]
    public async Task What_is_no_token_is_refused(string authorization)
    {
        var answer = (await app.Anonymous.Send(HttpMethod.Get, "/v1/me", null, ("Authorization", authorization))).Refused(401, "invalid_token");
        Assert.Equal(new AuthenticationHeaderValue("Bearer", "error=\"invalid_token\""), answer.Headers.WwwAuthenticate.Single());
    }

    [Fact]
    public async Task A_token_expires()
    {
        var somebody = await app.SignedIn();
        (await somebody.Api.Get("/v1/auth/check")).Is(204);

        app.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(29));
        (await somebody.Api.Get("/v1/auth/check")).Is(204);
        app.Clock.Advance(TimeSpan.FromSeconds(2));
        (await somebody.Api.Get("/v1/auth/check")).Refused(401, "token_expired");
    }

    [Fact]
    public async Task A_login_is_told_to_the_history_behind_it()
    {
        var email = await SignUp();
        (await Login(email)).Is(200);
        (await Login(email)).Is(200);
        var admin = await app.SignedIn(Role.Admin);
        var id = (await admin.Api.Get($"/v1/users?email={email}")).Json["items"]![0]!["id"]!.GetValue<string>();

        await Eventually.True(async () => (await admin.Api.Get($"/v1/users/{id}/logins")).Is(200).Json["items"]!.AsArray().Count == 2);
        Assert.NotNull((await admin.Api.Get($"/v1/users/{id}")).Is(200).Json["lastLoginAt"]);
    }

    private async Task<string> SignUp()
    {
        var email = $"{Guid.CreateVersion7(app.Clock.GetUtcNow()):N}@example.com";
        (await app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Somebody" })).Is(201);
        return email;
    }

    private Task<Answer> Login(string email, string password = Password) => app.Anonymous.Post("/v1/auth/login", new { email, password });

    private Task<Answer> Browse(HttpMethod method, string path, Answer signedIn, string? origin = null)
    {
        var cookies = string.Join("; ", signedIn.Cookies.Select(cookie => cookie.Split(';')[0]));
        return app.Anonymous.Send(method, path, null, origin is null ? [("Cookie", cookies)] : [("Cookie", cookies), ("Origin", origin)]);
    }
}

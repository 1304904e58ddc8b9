using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>A browser's session where the roles are apart: services get a bearer token, and the gateway looks at where a request comes from.</summary>
public sealed class SignedInByCookie(ApartLaurel apart) : IClassFixture<ApartLaurel>
{
    private const string Foreign = "https://evil.example";
    private const string Password = "a long enough password";

    private readonly LaurelApp _app = apart.App;

    private string Here => _app.Address.GetLeftPart(UriPartial.Authority);

    [Fact]
    public async Task The_session_reaches_events_as_a_bearer()
    {
        var session = await SignIn();
        (await Browse(HttpMethod.Get, "/v1/me/progress", session)).Is(200);
        (await Browse(HttpMethod.Post, "/v1/me/check-ins", session, Here)).Is(200);
        // A header that is named so goes no further than the gateway: what events is told by is the token alone.
        (await Browse(HttpMethod.Post, "/v1/me/check-ins", session, Here, ("Connection", "cookie"))).Is(200);
        (await Browse(HttpMethod.Get, "/v1/me/progress", session, origin: null, ("Connection", "cookie"))).Is(200);
    }

    [Theory]
    [InlineData("POST", "/v1/me/check-ins")]
    [InlineData("DELETE", "/v1/me")]
    [InlineData("POST", "/v1/auth/refresh")]
    [InlineData("POST", "/v1/auth/logout")]
    public async Task A_page_of_another_origin_writes_nothing_and_neither_does_what_says_no_origin(string method, string path)
    {
        var session = await SignIn();
        foreach (var origin in new[] { Foreign, "null", "https://console.example.com.evil.example", "http://console.example.com", null })
        {
            var refused = (await Browse(new HttpMethod(method), path, session, origin)).Refused(403, "origin_mismatch");
            Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
        }

        (await Browse(HttpMethod.Get, "/v1/me", session)).Is(200);
    }

    [Fact]
    public async Task A_page_of_a_listed_origin_reads_writes_refreshes_and_signs_out()
    {
        var session = await SignIn();
        var read = (await Browse(HttpMethod.Get, "/v1/me", session, ApartLaurel.Listed)).Is(200);
        Assert.Equal(ApartLaurel.Listed, read.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", read.Headers.GetValues("Access-Control-Allow-Credentials").Single());
        Assert.Contains("Origin", read.Headers.Vary);
        (await Browse(HttpMethod.Post, "/v1/me/check-ins", session, ApartLaurel.Listed)).Is(200);
        var refreshed = (await Browse(HttpMethod.Post, "/v1/auth/refresh", session, ApartLaurel.Listed)).Is(204);
        (await Browse(HttpMethod.Post, "/v1/auth/logout", refreshed, ApartLaurel.Listed)).Is(204);
        (await Browse(HttpMethod.Get, "/v1/me", refreshed, ApartLaurel.Listed)).Refused(401, "session_ended");
    }

    [Fact]
    public async Task Who_came_by_https_is_to_come_by_it_again_but_not_to_this_very_machine()
    {
        (string, string)[] https = [("X-Forwarded-Proto", "https"), ("Host", "laurel.example.com")];
        Assert.Equal("max-age=31536000", (await _app.Anonymous.Send(HttpMethod.Get, "/v1/me", null, https)).Headers.GetValues("Strict-Transport-Security").Single());
        Assert.False((await _app.Anonymous.Send(HttpMethod.Get, "/v1/me", null, https[1])).Headers.Contains("Strict-Transport-Security"));
        Assert.False((await _app.Anonymous.Send(HttpMethod.Get, "/v1/me", null, https[0])).Headers.Contains("Strict-Transport-Security"));
    }

    private async Task<Answer> SignIn()
    {
        var email = $"{Playing.NewUser()}@example.com";
        (await _app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Bo" })).Is(201);
        return (await _app.Anonymous.Post("/v1/auth/login?useCookies=true", new { email, password = Password })).Is(204);
    }

    private Task<Answer> Browse(HttpMethod method, string path, Answer session, string? origin = null, params (string, string)[] more)
    {
        var cookies = string.Join("; ", session.Cookies.Select(cookie => cookie.Split(';')[0]));
        var content = path.EndsWith("check-ins", StringComparison.Ordinal) ? Api.Json(new { }) : null;
        (string, string)[] headers = origin is null ? [("Cookie", cookies), .. more] : [("Cookie", cookies), ("Origin", origin), .. more];
        return _app.Anonymous.Send(method, path, content, headers);
    }
}

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
        // Of cookies alone events knows too, so this shows that one of them did it; that it was the token is seen by its Origin check.
        var direct = apart.Directly("events");
        using var connection = direct.Http;
        (await Send(direct, HttpMethod.Post, "/v1/me/check-ins", session, Here)).Refused(403, "origin_mismatch");
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

    private async Task<Answer> SignIn()
    {
        var email = $"{Playing.NewUser()}@example.com";
        (await _app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = "Bo" })).Is(201);
        return (await _app.Anonymous.Post("/v1/auth/login?useCookies=true", new { email, password = Password })).Is(204);
    }

    private Task<Answer> Browse(HttpMethod method, string path, Answer session, string? origin = null) => Send(_app.Anonymous, method, path, session, origin);

    private static Task<Answer> Send(Api api, HttpMethod method, string path, Answer session, string? origin)
    {
        var cookies = string.Join("; ", session.Cookies.Select(cookie => cookie.Split(';')[0]));
        var content = path.EndsWith("check-ins", StringComparison.Ordinal) ? Api.Json(new { }) : null;
        return api.Send(method, path, content, origin is null ? [("Cookie", cookies)] : [("Cookie", cookies), ("Origin", origin)]);
    }
}

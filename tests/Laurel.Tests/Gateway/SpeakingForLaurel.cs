using Laurel.Gateway.Proxying;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Gateway;

/// <summary>Services of somebody else's share an origin with Laurel. Neither they nor their callers may use that.</summary>
public sealed class SpeakingForLaurel(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static readonly string[] OfBrowsers =
    [
        "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_carries_each_header_once_and_none_that_speaks_for_the_origin()
    {
        await using var behind = await Behind.Start();
        behind.Answers = context =>
        {
            var headers = context.Response.Headers;
            foreach (var name in OfBrowsers.Append("Strict-Transport-Security"))
                headers[name] = "whatever";
            headers["Cross-Origin-Resource-Policy"] = "cross-origin";
            headers.Server = "Secret/1.0";
            headers["X-Powered-By"] = "Secret";
            headers.AccessControlAllowOrigin = "*";
            headers.CacheControl = "public, max-age=600";
            headers["Clear-Site-Data"] = "\"cookies\"";
            headers.Connection = "x-hop";
            headers["X-Hop"] = "for the gateway";
            headers["X-Own"] = "its own";
            headers["x-accel-redirect"] = headers["X-Accel-Expires"] = headers["X-Sendfile"] = "/etc/passwd";
            headers.SetCookie = new[] { "board=1; Path=/", $"{SessionCookies.Access}=theirs; Path=/", $" {SessionCookies.Refresh.ToLowerInvariant()}=theirs", $"={SessionCookies.Access}=theirs" };
            return context.Response.WriteAsync("<script>alert(1)</script>", context.RequestAborted);
        };
        var prefix = await Registers(behind);
        using var response = await Send(prefix, app.PersonToken(Playing.NewPerson()));

        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.Equal(ContentPolicy.OfNoPage, Header(response, "Content-Security-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Opener-Policy"));
        // Pictures of theirs may be shown elsewhere.
        Assert.Equal("cross-origin", Header(response, "Cross-Origin-Resource-Policy"));
        Assert.Equal("no-store", Header(response, "Cache-Control"));
        Assert.Equal("its own", Header(response, "X-Own"));
        Assert.Equal(["board=1; Path=/"], response.Headers.GetValues("Set-Cookie"));
        foreach (var gone in new[] { "Server", "X-Powered-By", "Access-Control-Allow-Origin", "Clear-Site-Data", "X-Hop", "Strict-Transport-Security", "X-Accel-Redirect", "X-Accel-Expires", "X-Sendfile" })
            Assert.False(response.Headers.Contains(gone), gone);
    }

    [Fact]
    public async Task A_session_stays_with_Laurel_and_what_a_client_says_of_itself_with_the_client()
    {
        await using var behind = await Behind.Start();
        var prefix = await Registers(behind);
        var me = Playing.NewPerson();
        using var response = await Send(
            prefix, token: null,
            ("Cookie", $"theme=dark; {SessionCookies.Access}={app.PersonToken(me)}; {SessionCookies.Refresh.ToUpperInvariant()}=x; list=a%3Bb"),
            ("X-Forwarded-User", "forged"), ("X_FORWARDED_FOR", "forged"), ("X-Forwarded-Host", "forged"), ("Forwarded", "for=forged"), ("Remote-User", "forged"),
            ("X-User-Id", "forged"), ("x_user_id", "forged"), ("X-USER-ROLE", "forged"), ("X-User-Signature", "forged"), ("X-Auth-Request-User", "forged"), ("X-Real-IP", "forged"),
            ("X-HTTP-Method-Override", "forged"), ("X-Original-URL", "/forged"), ("X-Rewrite-URL", "/forged"),
            ("X-Own", "its own"), ("Connection", "x-hop, host, content-length, not a name"), ("X-Hop", "forged"), ("Keep-Alive", "forged"), ("Proxy-Authorization", "forged"), ("TE", "trailers"));

        Assert.Equal(200, (int)response.StatusCode);
        var seen = behind.Asked.Last();
        Assert.DoesNotContain(seen.Values, value => value.Contains("forged", StringComparison.Ordinal));
        Assert.Equal("theme=dark; list=a%3Bb", seen["Cookie"]);
        Assert.Equal($"{me}", seen["X-User-Id"]);
        Assert.Equal("USER", seen["X-User-Role"]);
        Assert.Equal("its own", seen["X-Own"]);
        Assert.False(seen.ContainsKey("Authorization"));
    }

    /// <summary>Whoever may register services could collect tokens, an ADMIN's among them.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobodys_token_goes_to_a_service_that_has_registered_itself(bool identityHeaders)
    {
        await using var behind = await Behind.Start();
        var name = $"s{Playing.NewPerson():N}";
        var prefix = await Registers(name, new { behind.Address, prefix = $"/{name}", routes = Routes(name), identityHeaders });
        var token = app.PersonToken(Playing.NewPerson(), Role.Admin);
        foreach (var path in new[] { prefix, $"{prefix}/open" })
        {
            (await Send(path, null, Session(token))).Dispose();
            (await Send(path, token)).Dispose();
            (await Send(path, null, ("authorization", $"bearer  {token}"))).Dispose();
        }

        Assert.True(behind.Asked.Count >= 6);
        Assert.DoesNotContain(behind.Asked, asked => asked.ContainsKey("Authorization") || asked.Values.Any(value => value.Contains(token, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Where_an_admin_says_so_a_service_gets_the_token_also_of_a_cookie_if_it_asks_who_calls()
    {
        await using var behind = await Behind.Start();
        var name = $"s{Playing.NewPerson():N}";
        var added = await app.Somebody(Role.Admin).Post(
            "/v1/services", new { name, prefix = $"/{name}", addresses = new[] { behind.Address }, routes = Routes(name), passesToken = true, identityHeaders = true });
        Assert.True((bool)added.Is(201).Json["passesToken"]!);
        var prefix = await IsReached(name);
        var token = app.PersonToken(Playing.NewPerson());

        (await Send(prefix, null, Session(token))).Dispose();
        Assert.Equal($"Bearer {token}", behind.Asked.Last()["Authorization"]);
        Assert.True(behind.Asked.Last().ContainsKey("X-User-Id"));
        Assert.False(behind.Asked.Last().ContainsKey("Cookie"));
        (await Send(prefix, token)).Dispose();
        Assert.Equal($"Bearer {token}", behind.Asked.Last()["Authorization"]);
        (await Send($"{prefix}/open", null, Session(token))).Dispose();
        Assert.False(behind.Asked.Last().ContainsKey("Authorization"));
        Assert.False(behind.Asked.Last().ContainsKey("Cookie"));
    }

    [Fact]
    public async Task What_an_admin_has_said_of_a_service_stays_whatever_its_processes_say()
    {
        await using var behind = await Behind.Start();
        var name = $"s{Playing.NewPerson():N}";
        var owner = Guid.CreateVersion7(app.Clock.GetUtcNow());
        (await app.Somebody(Role.Admin).Post("/v1/services", new { name, prefix = $"/{name}", owner, passesToken = true })).Is(201);
        var account = app.Anonymous.As(app.ServiceToken(owner, Scopes.ServicesRegister));
        (await account.Put($"/v1/services/{name}/instances", new { behind.Address, prefix = $"/{name}", passesToken = false })).Refused(400, "malformed_body");
        (await account.Put($"/v1/services/{name}/instances", new { behind.Address, prefix = $"/{name}" })).Is(200);
        await IsReached(name);
        Assert.True(behind.Asked.Last().ContainsKey("Authorization"));
    }

    [Fact]
    public async Task Every_answer_is_told_to_browsers_once()
    {
        var gone = await Behind.Start();
        var prefix = await Registers(gone);
        await gone.DisposeAsync();
        var me = app.PersonToken(Playing.NewPerson());
        string[] paths =
        [
            "/", "/health/live", "/metrics", "/v1/me", "/v1/me/progress", "/v1/none", "/v1/rewards", "/docs", "/docs/index.html", "/docs/swagger-ui.css",
            "/docs/errors", "/openapi/events.json", "/.well-known/jwks.json", prefix,
        ];
        foreach (var path in paths)
        {
            foreach (var token in new[] { null, me })
            {
                using var response = await Send(path, token);
                foreach (var name in OfBrowsers)
                    Assert.True(response.Headers.TryGetValues(name, out var values) && values.Count() == 1, $"{path} {name}");
                Assert.Contains("frame-ancestors 'none'", Header(response, "Content-Security-Policy"), StringComparison.Ordinal);
                Assert.DoesNotContain(response.Headers, header => header.Key is "Server" or "Strict-Transport-Security" || header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
                Assert.DoesNotContain("Origin", response.Headers.Vary);
                if (response.Headers.TryGetValues("Cache-Control", out var kept))
                    Assert.Single(kept);
                if (token is not null && path.StartsWith("/v1/me", StringComparison.Ordinal))
                    Assert.Equal("no-store", Header(response, "Cache-Control"));
            }
        }
    }

    [Theory]
    [InlineData("X-User-Id", true)]
    [InlineData("x.user.anything", true)]
    [InlineData("X--Forwarded__For", true)]
    [InlineData("X-Method-Override", true)]
    [InlineData("X-Auth-Token", false)]
    [InlineData("Referer", false)]
    [InlineData("From", false)]
    [InlineData("traceparent", false)]
    [InlineData("X-Use", false)]
    [InlineData("-", false)]
    public void Forged_is_what_services_would_believe_of_a_proxy(string header, bool isForged) => Assert.Equal(isForged, ClientHeaders.IsForged(header));

    private Task<string> Registers(Behind behind)
    {
        var name = $"s{Playing.NewPerson():N}";
        return Registers(name, new { behind.Address, prefix = $"/{name}", identityHeaders = true });
    }

    private async Task<string> Registers(string name, object instance)
    {
        (await app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister)).Put($"/v1/services/{name}/instances", instance)).Is(200);
        return await IsReached(name);
    }

    private static object[] Routes(string name) =>
        [new { method = "GET", path = $"/{name}", roles = new[] { "USER" } }, new { method = "GET", path = $"/{name}/open", anyone = true }];

    private static (string, string) Session(string token) => ("Cookie", $"{SessionCookies.Access}={token}; {SessionCookies.Refresh}=x");

    private async Task<string> IsReached(string name)
    {
        var me = app.PersonToken(Playing.NewPerson());
        await Eventually.True(async () =>
        {
            using var response = await Send($"/{name}", me);
            return (int)response.StatusCode == 200;
        });
        return $"/{name}";
    }

    private async Task<HttpResponseMessage> Send(string path, string? token, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request, Cancellation);
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Limits;

/// <summary>A Laurel with small limits that refill too slowly to be seen. Its callers come from where the header says.</summary>
public sealed class SmallLimits : IAsyncLifetime
{
    public SmallLimits(TestPostgres postgres)
    {
        App = new LaurelApp(postgres);
        App.Settings["Laurel:TrustedProxies:0"] = "127.0.0.1";
        foreach (var (limit, burst) in ((string, string)[])[("Account", "3"), ("Service", "2"), ("Address", "4"), ("Login", "2")])
        {
            App.Settings[$"Laurel:Limits:{limit}Burst"] = burst;
            App.Settings[$"Laurel:Limits:{limit}PerSecond"] = "0.001";
        }
    }

    public LaurelApp App { get; }

    public ValueTask InitializeAsync() => App.InitializeAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();
}

public sealed class AskingTooOften(SmallLimits laurel) : IClassFixture<SmallLimits>
{
    private const string Mine = "/v1/auth/check";
    private const string Open = "/.well-known/jwks.json";
    private const string Invented = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA";

    private static int _places;

    private readonly LaurelApp _app = laurel.App;

    // Each test comes from somewhere else.
    private readonly string _here = $"198.51.100.{Interlocked.Increment(ref _places)}";

    [Fact]
    public async Task An_account_has_its_burst_and_is_told_how_long_to_wait()
    {
        var me = Person(Playing.NewPerson());
        for (var left = 2; left >= 0; left--)
        {
            var answer = (await From(_here, me, Mine)).Is(204);
            Assert.Equal("\"account\";q=3;w=3000", Header(answer, "RateLimit-Policy"));
            Assert.Equal(("account", left), Left(answer));
        }

        var refused = (await From(_here, me, Mine)).Refused(429, "too_many_requests");
        Assert.Equal(("account", 0), Left(refused));
        Assert.Equal(Seconds(refused), refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.InRange(Seconds(refused), 1, 1_000);
        Assert.Equal("no-store", Header(refused, "Cache-Control"));

        (await From(_here, Person(Playing.NewPerson()), Mine)).Is(204);
    }

    [Fact]
    public async Task It_is_the_accounts_limit_whichever_token_address_or_cookie_it_comes_with()
    {
        var me = Playing.NewPerson();
        for (var at = 1; at <= 3; at++)
            (await From($"192.0.2.{at}", Person(me), Mine)).Is(204);

        (await From(_here, Person(me), Mine)).Refused(429, "too_many_requests");
        using var request = new HttpRequestMessage(HttpMethod.Get, Mine);
        request.Headers.Add("Cookie", $"{SessionCookies.Access}={_app.PersonToken(me)}");
        using var answer = await _app.Anonymous.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(429, (int)answer.StatusCode);
    }

    [Fact]
    public async Task What_a_role_forbids_counts_too()
    {
        var me = Person(Playing.NewPerson());
        for (var at = 0; at < 3; at++)
            (await From(_here, me, "/v1/users")).Refused(403, "forbidden");
        (await From(_here, me, "/v1/users")).Refused(429, "too_many_requests");
    }

    [Fact]
    public async Task A_service_has_a_limit_of_its_own()
    {
        var service = _app.Anonymous.As(_app.ServiceToken(Scopes.RevocationsRead));
        for (var at = 0; at < 2; at++)
            Assert.Equal("service", Left((await From(_here, service, "/v1/auth/revocations")).Is(200)).Limit);
        (await From(_here, service, "/v1/auth/revocations")).Refused(429, "too_many_requests");
    }

    [Fact]
    public async Task Invented_tokens_end_at_their_address_and_who_is_known_there_goes_on()
    {
        var neighbour = Person(Playing.NewPerson());
        (await From(_here, neighbour, Mine)).Is(204);

        var liar = _app.Anonymous.As(Invented);
        for (var left = 3; left >= 0; left--)
            Assert.Equal(("address", left), Left((await From(_here, liar, Mine)).Refused(401, "invalid_token")));
        (await From(_here, liar, Mine)).Refused(429, "too_many_requests");
        (await From(_here, _app.Anonymous, Mine)).Refused(429, "too_many_requests");

        (await From(_here, neighbour, Mine)).Is(204);
        (await From("203.0.113.77", liar, Mine)).Refused(401, "invalid_token");
    }

    [Fact]
    public async Task Invented_keys_cost_as_much_as_invented_tokens()
    {
        var head = Base64Url.EncodeToString("""{"alg":"RS256","typ":"at+jwt","kid":"x"}"""u8);
        var body = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"iat":{{_app.Clock.GetUtcNow().ToUnixTimeSeconds()}}}"""));
        var liar = _app.Anonymous.As($"{head}.{body}.AA");

        // At once, since the keys are looked at again, which is waited for.
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => From(_here, liar, Mine)));
        Assert.Equal((4, 2), (answers.Count(answer => answer.Status == 401), answers.Count(answer => answer.Status == 429)));
    }

    [Fact]
    public async Task Good_tokens_cost_their_address_nothing()
    {
        for (var at = 0; at < 10; at++)
            Assert.Equal(("account", 2), Left((await From(_here, Person(Playing.NewPerson()), Mine)).Is(204)));
        for (var at = 0; at < 4; at++)
            (await From(_here, _app.Anonymous, Open)).Is(200);
        (await From(_here, _app.Anonymous, Open)).Refused(429, "too_many_requests");
    }

    [Fact]
    public async Task Ended_sessions_and_paths_to_nowhere_are_counted_by_address()
    {
        var me = await _app.SignedIn();
        (await From(_here, me.Api, $"/v1/me/sessions/{me.Session}", HttpMethod.Delete)).Is(204);
        // Apart, a process that is not auth's learns of it within a second.
        await Eventually.True(() => Task.FromResult(_app.Services.GetServices<RevokedSessions>().All(ended => ended.Contains(me.Session.Value))));
        for (var at = 0; at < 2; at++)
            (await From(_here, me.Api, Mine)).Refused(401, "session_ended");
        for (var at = 0; at < 2; at++)
            (await From(_here, me.Api, "/nowhere")).Refused(404, "not_found");
        (await From(_here, me.Api, Mine)).Refused(429, "too_many_requests");
        (await From(_here, me.Api, "/nowhere")).Refused(429, "too_many_requests");
    }

    [Fact]
    public async Task A_household_counts_as_one()
    {
        for (var at = 1; at <= 4; at++)
            (await From($"2001:db8:1:2::{at}", _app.Anonymous, Open)).Is(200);
        (await From("2001:db8:1:2:ffff::", _app.Anonymous, Open)).Refused(429, "too_many_requests");
        (await From("2001:db8:1:3::1", _app.Anonymous, Open)).Is(200);
    }

    [Fact]
    public async Task Signing_in_is_counted_apart()
    {
        foreach (var path in (string[])["/v1/auth/refresh", "/v1/auth/login"])
            Assert.Equal("login", Left(await From(_here, _app.Anonymous, path, HttpMethod.Post)).Limit);
        foreach (var path in (string[])["/v1/auth/refresh", "/v1/auth/login", "/v1/auth/signup"])
            (await From(_here, _app.Anonymous, path, HttpMethod.Post)).Refused(429, "too_many_requests");
        using var form = new FormUrlEncodedContent([]);
        (await _app.Anonymous.Send(HttpMethod.Post, "/v1/auth/token", form, ("X-Forwarded-For", _here))).Refused(429, "too_many_requests");

        Assert.Equal(("address", 3), Left((await From(_here, _app.Anonymous, Open)).Is(200)));
    }

    [Fact]
    public async Task A_call_back_without_a_signature_is_counted_by_address()
    {
        var path = $"/v1/deliveries/{Playing.NewPerson()}/callback";
        for (var at = 0; at < 4; at++)
            (await From(_here, _app.Anonymous, path, HttpMethod.Post)).Refused(401, "invalid_signature");
        (await From(_here, _app.Anonymous, path, HttpMethod.Post)).Refused(429, "too_many_requests");
    }

    [Fact]
    public async Task What_watches_over_Laurel_is_never_limited_and_sees_what_was()
    {
        for (var at = 0; at < 5; at++)
            await From(_here, _app.Anonymous, Open);
        for (var at = 0; at < 20; at++)
            Assert.False((await From(_here, _app.Anonymous, "/health/live")).Is(200).Headers.Contains("RateLimit"));
        Assert.Matches("laurel_requests_refused[^ ]*limit=\"address\"", (await From(_here, _app.Anonymous, "/metrics")).Is(200).Text);
    }

    private Api Person(Guid id) => _app.Anonymous.As(_app.PersonToken(id));

    private static Task<Answer> From(string address, Api api, string path, HttpMethod? method = null) =>
        api.Send(method ?? HttpMethod.Get, path, method == HttpMethod.Post ? Api.Json(new { }) : null, ("X-Forwarded-For", address));

    private static string Header(Answer answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    private static (string Limit, int Left) Left(Answer answer)
    {
        var (limit, left, _) = Level(answer);
        return (limit, left);
    }

    private static int Seconds(Answer answer) => Level(answer).Seconds;

    private static (string Limit, int Left, int Seconds) Level(Answer answer)
    {
        var told = Header(answer, "RateLimit");
        var parts = told.Split(["\"", ";r=", ";t="], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, parts.Length);
        Assert.Equal($"\"{parts[0]}\";r={parts[1]};t={parts[2]}", told);
        return (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }
}

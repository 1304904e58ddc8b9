using System.Text;
using Laurel.Platform;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace Laurel.Tests.Http;

/// <summary>A Laurel that one other origin's pages may call.</summary>
public sealed class OneListedOrigin(TestPostgres postgres) : IAsyncLifetime
{
    public const string Listed = "http://localhost:5173";

    public LaurelApp App { get; } = new(postgres)
    {
        Settings =
        {
            ["Laurel:Cors:Origins:0"] = Listed,
            ["Laurel:TrustedProxies:0"] = "127.0.0.1",
            ["Laurel:Limits:AddressBurst"] = "3",
            ["Laurel:Limits:AddressPerSecond"] = "0.001",
        },
    };

    public ValueTask InitializeAsync() => App.InitializeAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();
}

/// <summary>What pages of other origins are told: those that are listed all that they need, any other nothing.</summary>
public sealed class CallingFromPages(OneListedOrigin laurel) : IClassFixture<OneListedOrigin>
{
    private static int _places;

    private readonly LaurelApp _app = laurel.App;

    // Each test comes from somewhere else.
    private readonly (string, string) _here = ("X-Forwarded-For", $"198.51.100.{Interlocked.Increment(ref _places)}");

    [Fact]
    public async Task A_listed_origin_may_ask_beforehand_as_often_as_it_likes()
    {
        for (var i = 0; i < 10; i++)
        {
            var answer = (await Ask(OneListedOrigin.Listed, "/v1/events", ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key"))).Is(204);
            Assert.Equal(OneListedOrigin.Listed, Header(answer, "Access-Control-Allow-Origin"));
            Assert.Equal("true", Header(answer, "Access-Control-Allow-Credentials"));
            Assert.Contains("PATCH", Header(answer, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
            Assert.Equal("authorization,content-type,idempotency-key", Header(answer, "Access-Control-Allow-Headers"));
            Assert.False(answer.Headers.Contains("RateLimit"));
        }
    }

    [Fact]
    public async Task Names_of_headers_that_are_none_are_not_said_again()
    {
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = _app.Address };
        var answer = await new Api(http).Send(
            HttpMethod.Options, "/v1/events", null, ("Origin", OneListedOrigin.Listed), ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "x-é"));
        Assert.False(answer.Is(204).Headers.Contains("Access-Control-Allow-Headers"));
    }

    [Theory]
    [InlineData("http://localhost:5174")]
    [InlineData("https://localhost:5173")]
    [InlineData("http://LOCALHOST:5173")]
    [InlineData("http://localhost:5173.evil.example")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    [InlineData("*")]
    [InlineData("")]
    public async Task Any_other_origin_is_told_nothing(string origin)
    {
        foreach (var answer in new[] { await Ask(origin, "/v1/events"), await Get("/health/live", origin) })
        {
            Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
            Assert.Contains("Origin", answer.Headers.Vary);
        }
    }

    [Fact]
    public async Task Refusals_can_be_read_with_what_they_say_of_limits()
    {
        Answer answer;
        do
        {
            answer = await Get("/v1/events", OneListedOrigin.Listed);
            Assert.Equal(OneListedOrigin.Listed, Header(answer, "Access-Control-Allow-Origin"));
            foreach (var readable in new[] { "RateLimit", "RateLimit-Policy", "Retry-After", "ETag", "Location" })
                Assert.Contains(readable, Header(answer, "Access-Control-Expose-Headers").Split(", "));
        }
        while (answer.Status == 401);
        answer.Refused(429, "too_many_requests");
    }

    [Theory]
    [InlineData("https://console.example.com")]
    [InlineData("https://console.example.com:8443")]
    [InlineData("http://localhost:5173")]
    [InlineData("http://[::1]:5173")]
    public void An_origin_is_written_as_browsers_send_it(string origin) => Assert.Equal([origin], CorsOptions.Read(Listing(origin)).Origins);

    [Theory]
    [InlineData("*")]
    [InlineData("null")]
    [InlineData("console.example.com")]
    [InlineData("https://*.example.com")]
    [InlineData("https://console.example.com/")]
    [InlineData("https://console.example.com/path")]
    [InlineData("https://console.example.com:443")]
    [InlineData("http://localhost:80")]
    [InlineData("https://Console.example.com")]
    [InlineData("https://user@console.example.com")]
    [InlineData("https://console.example.com?")]
    [InlineData("https://1.2")]
    [InlineData("https://café.example")]
    [InlineData("ftp://console.example.com")]
    [InlineData("https://")]
    [InlineData(" https://console.example.com")]
    public void Nothing_else_is_started_with(string origin) => Assert.Contains(origin, Assert.Throws<StartupException>(() => CorsOptions.Read(Listing(origin))).Message, StringComparison.Ordinal);

    private static IConfiguration Listing(string origin) => new ConfigurationBuilder().AddInMemoryCollection([new("Laurel:Cors:Origins:0", origin)]).Build();

    private Task<Answer> Get(string path, string origin) => _app.Anonymous.Send(HttpMethod.Get, path, null, _here, ("Origin", origin));

    private Task<Answer> Ask(string origin, string path, params (string, string)[] more) =>
        _app.Anonymous.Send(HttpMethod.Options, path, null, [_here, ("Origin", origin), ("Access-Control-Request-Method", "POST"), .. more]);

    private static string Header(Answer answer, string name) => answer.Headers.GetValues(name).Single();
}

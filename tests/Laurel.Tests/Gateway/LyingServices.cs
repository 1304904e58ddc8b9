using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Gateway;

/// <summary>A registered service that does not keep to HTTP: whoever asks for it is told so, and nobody else notices.</summary>
public sealed class LyingServices(LaurelApp app) : IClassFixture<LaurelApp>
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_never_answers_is_given_up_and_not_asked_again()
    {
        await using var service = new RawService((_, stop) => Task.Delay(Timeout.Infinite, stop));
        var prefix = await Registered(service);

        (await Asked(prefix)).Refused(504, "gateway_timeout");
        Assert.Equal(1, service.Asked);
        await OthersGoOn();
    }

    [Fact]
    public async Task Endless_headers_are_broken_off()
    {
        await using var service = new RawService(async (stream, stop) =>
        {
            await Write(stream, Head, stop);
            while (true)
                await Write(stream, $"X-More: {new string('x', 1_000)}\r\n", stop);
        });
        (await Asked(await Registered(service))).Refused(502, "bad_gateway");
        await OthersGoOn();
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense")]
    [InlineData("")]
    public async Task What_is_no_answer_is_told_as_none(string bytes)
    {
        await using var service = new RawService((stream, stop) => Write(stream, bytes, stop));
        (await Asked(await Registered(service))).Refused(502, "bad_gateway");
        await OthersGoOn();
    }

    [Fact]
    public async Task An_answer_that_is_shorter_than_it_says_is_no_whole_answer_to_the_client_either()
    {
        await using var service = new RawService((stream, stop) => Write(stream, $"{Head}Content-Length: 100\r\n\r\nhello", stop));
        var prefix = await Registered(service);
        try
        {
            (await Asked(prefix)).Refused(502, "bad_gateway");
        }
        catch (HttpRequestException)
        {
            // What had begun was broken off.
        }

        await OthersGoOn();
    }

    [Fact]
    public async Task Of_one_that_is_longer_than_it_says_the_rest_goes_to_nobody()
    {
        await using var service = new RawService((stream, stop) => Write(stream, $"{Head}Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", stop));
        var prefix = await Registered(service);
        for (var time = 0; time < 5; time++)
            Assert.Equal("hello", (await Asked(prefix)).Is(200).Text);
        await OthersGoOn();
    }

    [Fact]
    public async Task An_endless_body_is_not_read_faster_than_the_client_reads_it()
    {
        long written = 0;
        await using var service = new RawService(async (stream, stop) =>
        {
            await Write(stream, $"{Head}Content-Length: {1L << 30}\r\n\r\n", stop);
            for (var chunk = new byte[64 * 1024]; ; Interlocked.Add(ref written, chunk.Length))
                await stream.WriteAsync(chunk, stop);
        });
        var prefix = await Registered(service);
        using var http = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, prefix);
        request.Headers.Authorization = new("Bearer", app.PersonToken(Playing.NewPerson()));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        // Nobody reads: what is on its way fills buffers, and then it stands still.
        var before = -1L;
        await Eventually.True(async () =>
        {
            await Task.Delay(300, Cancellation);
            return before == (before = Interlocked.Read(ref written));
        });
        Assert.InRange(before, 1, 64 * 1024 * 1024);
        await OthersGoOn();
    }

    private static async Task Write(Stream stream, string text, CancellationToken stop) => await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(text), stop);

    private async Task<string> Registered(RawService service)
    {
        var name = $"s{Playing.NewPerson():N}";
        var account = app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister));
        (await account.Put($"/v1/services/{name}/instances", new { service.Address, prefix = $"/{name}" })).Is(200);
        // Without a token it is refused as soon as the gateway knows of it, and not found before.
        await Eventually.True(async () => (await Asked($"/{name}", token: null)).Status == 401);
        return $"/{name}";
    }

    private Task<Answer> Asked(string path) => Asked(path, app.PersonToken(Playing.NewPerson()));

    private async Task<Answer> Asked(string path, string? token)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, token).Get(path);
    }

    private async Task OthersGoOn() => (await app.Somebody(Role.Operator).Get("/v1/rewards")).Is(200);
}

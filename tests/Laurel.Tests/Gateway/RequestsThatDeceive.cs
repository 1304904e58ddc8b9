using System.Net.Sockets;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Gateway;

/// <summary>Requests that are made to be understood otherwise by the gateway than by whom it passes them to, or to keep it busy.</summary>
public sealed class RequestsThatDeceive(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("Content-Length: 5, 6\r\n\r\nhello!")]
    [InlineData("Content-Length: -5\r\n\r\nhello")]
    [InlineData("Content-Length: 0x5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\r\n")]
    [InlineData("X-Folded: one\r\n two\r\nContent-Length: 0\r\n\r\n")]
    public async Task A_length_that_is_none_is_refused(string rest)
    {
        await using var behind = await Behind.Start();
        var prefix = await Registered(behind);
        behind.Answers = async context => await context.Request.Body.CopyToAsync(Stream.Null, Cancellation);
        Assert.StartsWith("HTTP/1.1 4", await Sent($"POST {prefix}/x HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n{Token()}{rest}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_behind_a_body_is_a_request_that_is_judged_like_any_other()
    {
        await using var behind = await Behind.Start();
        var prefix = await Registered(behind);
        var hidden = $"GET {prefix}/hidden HTTP/1.1\r\nHost: laurel\r\nX-User-Id: somebody\r\nConnection: close\r\n\r\n";
        behind.Answers = async context => await context.Request.Body.CopyToAsync(Stream.Null, Cancellation);
        var before = behind.Asked.Count;

        var answers = await Sent(
            $"POST {prefix}/x HTTP/1.1\r\nHost: laurel\r\n{Token()}Content-Length: {Encoding.Latin1.GetByteCount(hidden) + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}");

        // Whoever takes the length for it sees one request, whoever takes the chunks two: the second says who it is, and is not believed.
        Assert.InRange(behind.Asked.Count - before, 0, 1);
        Assert.DoesNotContain(behind.Asked, asked => asked.TryGetValue("X-User-Id", out var user) && user == "somebody");
        Assert.True(answers.StartsWith("HTTP/1.1 400", StringComparison.Ordinal) || answers.Contains("HTTP/1.1 401", StringComparison.Ordinal) || answers.Contains("Connection: close", StringComparison.OrdinalIgnoreCase), answers);
    }

    [Fact]
    public async Task Letters_that_are_not_ASCII_go_through_as_they_are_and_break_nothing()
    {
        await using var behind = await Behind.Start();
        var prefix = await Registered(behind);
        for (var time = 0; time < 5; time++)
            Assert.StartsWith("HTTP/1.1 200", await Sent($"GET {prefix} HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n{Token()}X-City: K\u00c3\u00b6ln\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal("Köln", behind.Asked.Last()["X-City"]);

        await using var foreign = new RawService(async (stream, stop) =>
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nX-City: Köln\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray(), stop));
        var raw = $"/s{Playing.NewPerson():N}";
        (await app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister)).Put($"/v1/services{raw}/instances", new { foreign.Address, prefix = raw })).Is(200);
        await Eventually.True(async () => (await Sent($"GET {raw} HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n{Token()}\r\n")).Contains("X-City: K\u00c3\u00b6ln\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nobody_opens_a_tunnel()
    {
        await using var behind = await Behind.Start();
        var prefix = await Registered(behind);
        behind.Answers = context => context.Response.WriteAsync(context.Request.Method);
        var answer = await Sent($"PUT {prefix}/x HTTP/1.1\r\nHost: laurel\r\n{Token()}Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("PUT", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Upgrade", behind.Asked.Last().Keys);
    }

    [Fact]
    public async Task Too_many_headers_and_too_long_an_address_are_refused()
    {
        await using var behind = await Behind.Start();
        var prefix = await Registered(behind);
        var before = behind.Asked.Count;
        var headers = string.Concat(Enumerable.Range(0, 40).Select(number => $"X-Number-{number}: {new string('x', 1_000)}\r\n"));
        Assert.StartsWith("HTTP/1.1 431", await Sent($"GET {prefix} HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n{Token()}{headers}\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 414", await Sent($"GET {prefix}/{new string('x', 9_000)} HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n{Token()}\r\n"), StringComparison.Ordinal);
        Assert.Equal(before, behind.Asked.Count);
    }

    [Fact]
    public async Task A_body_that_comes_byte_by_byte_is_given_up()
    {
        await using var behind = await Behind.Start();
        var prefix = await Registered(behind);
        behind.Answers = async context => await context.Request.Body.CopyToAsync(Stream.Null, Cancellation);
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST {prefix}/x HTTP/1.1\r\nHost: laurel\r\n{Token()}Content-Length: 1000\r\n\r\n"), Cancellation);

        var answer = ReadAll(stream);
        while (!answer.IsCompleted)
        {
            try
            {
                await stream.WriteAsync("x"u8.ToArray(), Cancellation);
            }
            catch (IOException)
            {
                break;
            }

            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(1), Cancellation));
        }

        Assert.StartsWith("HTTP/1.1 408", await answer, StringComparison.Ordinal);
    }

    private string Token() => $"Authorization: Bearer {app.PersonToken(Playing.NewPerson())}\r\n";

    /// <returns>All that is answered until the connection is closed.</returns>
    private async Task<string> Sent(string bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), Cancellation);
        return await ReadAll(stream);
    }

    private static async Task<string> ReadAll(Stream stream)
    {
        var all = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, Cancellation) is > 0 and var count)
                all.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // It was closed before all that was sent had been read.
        }

        return all.ToString();
    }

    private async Task<string> Registered(Behind behind)
    {
        var name = $"s{Playing.NewPerson():N}";
        var account = app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister));
        (await account.Put($"/v1/services/{name}/instances", new { behind.Address, prefix = $"/{name}", identityHeaders = true })).Is(200);
        await Eventually.True(async () =>
        {
            using var http = new HttpClient { BaseAddress = app.Address };
            return (await new Api(http, app.PersonToken(Playing.NewPerson())).Get($"/{name}")).Status == 200;
        });
        return $"/{name}";
    }
}

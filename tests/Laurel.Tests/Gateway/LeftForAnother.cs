using System.Net.Sockets;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Gateway;

/// <summary>An address that does not begin to answer is left for another one, which is no reason to refuse what is merely slow.</summary>
public sealed class LeftForAnother(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(6);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_slow_everywhere_is_waited_for()
    {
        await using var one = await Behind.Start();
        await using var other = await Behind.Start();
        var prefix = await Registered(one, other);

        one.Answers = other.Answers = async context =>
        {
            await Task.Delay(Slow, context.RequestAborted);
            await context.Response.WriteAsync("late", context.RequestAborted);
        };
        var slow = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => Asked(prefix)));
        Assert.All(slow, answer => Assert.Equal("late", answer.Is(200).Text));

        // Neither of them is to blame: what cannot be sent again is sent.
        one.Answers = other.Answers = context => context.Response.WriteAsync("hello");
        (await Sent(prefix)).Is(200);
    }

    [Fact]
    public async Task What_hangs_is_asked_elsewhere()
    {
        await using var one = await Behind.Start();
        await using var other = await Behind.Start();
        var prefix = await Registered(one, other);
        other.Answers = context => context.Response.WriteAsync("other");
        one.Answers = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Asked(prefix)));
        Assert.All(answers, answer => Assert.Equal("other", answer.Is(200).Text));
    }

    [Fact]
    public async Task What_has_begun_is_not_broken_off()
    {
        await using var one = await Behind.Start();
        await using var other = await Behind.Start();
        var prefix = await Registered(one, other);
        var before = one.Asked.Count + other.Asked.Count;
        one.Answers = other.Answers = async context =>
        {
            await context.Response.WriteAsync("the beginning", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Slow, context.RequestAborted);
            await context.Response.WriteAsync(", and the end", context.RequestAborted);
        };

        Assert.Equal("the beginning, and the end", (await Asked(prefix)).Is(200).Text);
        Assert.Equal(before + 1, one.Asked.Count + other.Asked.Count);
    }

    [Fact]
    public async Task A_client_that_sends_slowly_is_no_address_that_answers_slowly()
    {
        await using var one = await Behind.Start();
        await using var other = await Behind.Start();
        var prefix = await Registered(one, other);
        var before = one.Asked.Count + other.Asked.Count;
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port, Cancellation);
        await using var stream = client.GetStream();
        var head = $"POST {prefix} HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\nIdempotency-Key: slowly\r\nAuthorization: Bearer {app.PersonToken(Playing.NewPerson())}\r\nContent-Length: 4\r\n\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head + "ha"), Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(4.5), Cancellation);
        Assert.Equal(before, one.Asked.Count + other.Asked.Count);
        await stream.WriteAsync("lf"u8.ToArray(), Cancellation);

        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync(Cancellation));
        Assert.Equal(before + 1, one.Asked.Count + other.Asked.Count);
    }

    [Fact]
    public async Task What_a_client_gives_up_says_nothing_of_the_service()
    {
        await using var service = await Behind.Start();
        var prefix = await Registered(service);
        async Task Fails()
        {
            service.Answers = context =>
            {
                context.Abort();
                return Task.CompletedTask;
            };
            (await Sent(prefix)).Refused(502, "bad_gateway");
        }

        await Fails();
        await Fails();
        service.Answers = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var before = service.Asked.Count;
        using var http = new HttpClient { BaseAddress = app.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, prefix) { Headers = { Authorization = new("Bearer", app.PersonToken(Playing.NewPerson())) } };
        var asked = http.SendAsync(request, gone.Token);
        await Eventually.True(() => Task.FromResult(service.Asked.Count > before));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);

        // The third failure in a row.
        await Fails();
        (await Sent(prefix)).Refused(503, "unavailable");
    }

    [Fact]
    public async Task Who_waits_for_one_service_takes_no_more_than_so_much_of_the_gateway()
    {
        await using var service = await Behind.Start();
        var prefix = await Registered(service);
        var enough = new TaskCompletionSource();
        service.Answers = context => enough.Task.WaitAsync(context.RequestAborted);
        using var http = new HttpClient { BaseAddress = app.Address };
        var api = new Api(http, app.PersonToken(Playing.NewPerson()));
        var waiting = Enumerable.Range(0, 1_000).Select(_ => api.Get(prefix)).ToList();
        await Eventually.True(() => Task.FromResult(service.Asked.Count >= 1_000));

        Assert.Equal(TimeSpan.FromSeconds(1), (await Asked(prefix)).Refused(503, "overloaded").Headers.RetryAfter!.Delta);
        (await app.Somebody(Role.Operator).Get("/v1/rewards")).Is(200);
        enough.SetResult();
        Assert.All(await Task.WhenAll(waiting), answer => answer.Is(200));
    }

    private async Task<string> Registered(params Behind[] processes)
    {
        var name = $"s{Playing.NewPerson():N}";
        var account = app.Anonymous.As(app.ServiceToken(Scopes.ServicesRegister));
        foreach (var process in processes)
            (await account.Put($"/v1/services/{name}/instances", new { process.Address, prefix = $"/{name}" })).Is(200);
        // All of them are known when each has been asked.
        await Eventually.True(async () => (await Asked($"/{name}")).Status == 200 && processes.All(process => !process.Asked.IsEmpty));
        return $"/{name}";
    }

    private async Task<Answer> Asked(string path)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, app.PersonToken(Playing.NewPerson())).Get(path);
    }

    /// <summary>What must not be sent twice.</summary>
    private async Task<Answer> Sent(string path)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        return await new Api(http, app.PersonToken(Playing.NewPerson())).Post(path, new { });
    }
}

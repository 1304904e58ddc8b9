using System.Buffers;
using System.Text;
using Laurel.Bench;
using Laurel.Bench.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Laurel.Tests.Bench;

public sealed class Loads : IAsyncLifetime
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SemaphoreSlim _served = new(0);
    private WebApplication _app = null!;
    private Uri _server = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            _arrived.Release();
            await next();
            _served.Release();
        });
        _app.MapGet("/fine", () => "fine");
        _app.MapGet("/chunked", async (HttpResponse response) =>
        {
            for (var i = 0; i < 10; i++)
                await response.WriteAsync(new string('x', 5_000));
        });
        _app.MapGet("/closes", (HttpResponse response) => response.Headers.Connection = "close");
        _app.MapGet("/breaks", (HttpContext context) => context.Abort());
        _app.MapGet("/refuses", () => Results.Text("sold out", statusCode: 409));
        _app.MapGet("/waits", () => _release.Task);
        _app.MapPost("/echo", (HttpRequest request) => request.ContentLength is 7 or 8 ? Results.Ok() : Results.BadRequest());
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _server = new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _app.DisposeAsync();
        _arrived.Dispose();
        _served.Dispose();
    }

    [Theory]
    [InlineData("/fine")]
    [InlineData("/chunked")]
    [InlineData("/closes")]
    public async Task What_succeeds_is_counted_as_a_rate(string path)
    {
        var round = await Play(Requests.Always(Requests.Get(_server, path)));

        Assert.Empty(round.Failures);
        Assert.True(round.PerSecond > 0);
        Assert.InRange(round.P50Ms, 0.001, round.P99Ms);
    }

    [Fact]
    public async Task Another_status_is_a_failure_and_adds_nothing_to_the_rate()
    {
        var round = await Play(Requests.Always(Requests.Get(_server, "/nowhere")));

        Assert.Equal("status 404", Assert.Single(round.Failures).Key);
        Assert.Equal(0, round.PerSecond);
    }

    [Fact]
    public async Task A_good_status_without_what_was_expected_is_a_failure()
    {
        var good = await Play(Requests.Always(Requests.Get(_server, "/fine")), expected: "fine");
        Assert.Empty(good.Failures);

        var round = await Play(Requests.Always(Requests.Get(_server, "/fine")), expected: "finer");
        Assert.Equal("an answer without what was expected", Assert.Single(round.Failures).Key);
        Assert.Equal(0, round.PerSecond);
    }

    [Fact]
    public async Task A_refusal_that_is_waited_for_is_an_answer()
    {
        Assert.Empty((await Play(Requests.Always(Requests.Get(_server, "/refuses")), refusal: "sold out")).Failures);
        Assert.Equal("status 409", Assert.Single((await Play(Requests.Always(Requests.Get(_server, "/refuses")), refusal: "gone")).Failures).Key);
    }

    [Fact]
    public async Task A_load_of_so_many_exchanges_ends_by_itself_when_all_are_made()
    {
        var made = 0;
        RequestWriter Writer(int connection) => buffer =>
        {
            Interlocked.Increment(ref made);
            buffer.Write(Requests.Get(_server, "/fine"));
        };
        using var load = Load.Start(Clients(Writer), 7, requestsPerSecond: null, exchanges: 500);
        await load.Exhausted;

        Assert.Empty((await load.Stop()).Failures);
        Assert.Equal(500, made);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_a_failure_and_the_next_request_has_a_new_one()
    {
        var round = await Play(Requests.Always(Requests.Get(_server, "/breaks")));

        Assert.InRange(round.Failures.Values.Sum(), 20, long.MaxValue);
        Assert.Equal(0, round.PerSecond);
    }

    [Fact]
    public async Task Each_connection_writes_its_own_bodies()
    {
        var round = await Play(connection =>
        {
            var sent = 0;
            return buffer => buffer.Write(Requests.Post(_server, "/echo", $$"""{"n":{{(connection * 4) + (++sent % 4)}}}"""));
        });

        Assert.Empty(round.Failures);
        Assert.True(round.PerSecond > 0);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_a_failure()
    {
        await _app.StopAsync(TestContext.Current.CancellationToken);
        using var load = Load.Start(Clients(Requests.Always(Requests.Get(_server, "/fine"))), 2, requestsPerSecond: null);
        await load.Answered;
        var round = await load.Stop();

        Assert.Equal(0, round.PerSecond);
        Assert.NotEmpty(round.Failures);
    }

    [Fact]
    public async Task The_slowest_requests_are_waited_for_and_counted()
    {
        using var load = Load.Start(Clients(Requests.Always(Requests.Get(_server, "/waits"))), 3, requestsPerSecond: null);
        await Many(_arrived, 3);
        var stopped = load.Stop();
        await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        _release.SetResult();
        var round = await stopped;

        Assert.Empty(round.Failures);
        Assert.InRange(round.P50Ms, 49, 10_000);
    }

    [Fact]
    public async Task At_a_given_rate_a_latency_counts_from_when_its_request_was_due()
    {
        using var load = Load.Start(Clients(Requests.Always(Requests.Get(_server, "/waits"))), 1, requestsPerSecond: 1_000);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        var stopped = load.Stop();
        _release.SetResult();
        var round = await stopped;

        // The first waited 200 ms, and as many as were due meanwhile waited behind it: they are sent although the load was stopped.
        await Many(_served, 150);
        Assert.InRange(round.P50Ms, 50, 10_000);
    }

    private Func<int, IClient> Clients(Func<int, RequestWriter> writers, string? expected = null, string? refusal = null) =>
        connection => new Connection(_server, writers(connection), Bytes(expected), Bytes(refusal));

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private async Task<Round> Play(Func<int, RequestWriter> writers, string? expected = null, int perExchange = 1, string? refusal = null)
    {
        // What an earlier load was served is not this one's.
        while (await _served.WaitAsync(TimeSpan.Zero, TestContext.Current.CancellationToken))
        {
        }

        using var load = Load.Start(Clients(writers, expected, refusal), connections: 2, requestsPerSecond: null, perExchange);
        await Many(_served, 20);
        return await load.Stop();
    }

    private static async Task Many(SemaphoreSlim happened, int times)
    {
        for (var i = 0; i < times; i++)
            Assert.True(await happened.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }
}

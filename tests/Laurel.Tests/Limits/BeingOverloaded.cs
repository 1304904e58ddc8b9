using System.Net.Sockets;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Platform.Limits;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Limits;

/// <summary>A Laurel whose services work on two requests at once.</summary>
public sealed class BeingOverloaded : IAsyncLifetime
{
    private readonly LaurelApp _app;

    public BeingOverloaded(TestPostgres postgres)
    {
        // Each process has a line of its own: of two the second would take what the first refuses.
        _app = new LaurelApp(postgres) { IsApart = false };
        _app.Settings["Laurel:Limits:AtOnce"] = "2";
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _app.InitializeAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task What_finds_no_place_in_time_is_refused_and_another_service_goes_on()
    {
        var me = await _app.SignedIn();
        await using var held = await _app.Events.Hold("LOCK TABLE claims IN ACCESS EXCLUSIVE MODE");

        var asked = Enumerable.Range(0, 12).Select(_ => me.Api.Get("/v1/me/claims")).ToList();
        var refused = asked.ToList();
        for (var at = 0; at < 10; at++)
        {
            var first = await Task.WhenAny(refused);
            refused.Remove(first);
            Assert.Equal(TimeSpan.FromSeconds(1), (await first).Refused(503, "overloaded").Headers.RetryAfter!.Delta);
        }

        // The two that are inside wait for the table still.
        (await me.Api.Get("/v1/me")).Is(200);
        (await _app.Anonymous.Get("/health/ready")).Is(200);
        await held.CommitAsync(Cancellation);
        await Task.WhenAll(asked);
        (await me.Api.Get("/v1/me/claims")).Is(200);
        Assert.Matches("laurel_requests_refused[^ ]*limit=\"overload\"", (await _app.Anonymous.Get("/metrics")).Is(200).Text);
        await Eventually.True(() => Task.FromResult((Events.Inside, Events.Waiting) == (0, 0)));
    }

    [Theory]
    [InlineData("/v1/activities")]
    [InlineData("/v1/deliveries/01890a5d-ac96-774b-bcce-b302099a8057/callback")]
    public async Task Whoever_sends_slowly_takes_no_place(string path)
    {
        var slow = new List<Socket>();
        try
        {
            for (var at = 0; at < 4; at++)
                slow.Add(await BeginsToSend(path));
            (await _app.GameServer().Reports(Playing.Did("me", "kill", _app.Clock.GetUtcNow()))).Is(200);
            Assert.Equal((0, 0), (Events.Inside, Events.Waiting));
        }
        finally
        {
            slow.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Whoever_goes_away_gives_the_place_back()
    {
        var me = _app.Me(Playing.NewPerson());
        await using (await _app.Events.Hold("LOCK TABLE claims IN ACCESS EXCLUSIVE MODE"))
        {
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var asked = Enumerable.Range(0, 2).Select(_ => Ask(me, gone.Token)).ToList();
            await Eventually.True(() => Task.FromResult(Events.Inside == 2));
            await gone.CancelAsync();
            foreach (var one in asked)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
            await Eventually.True(() => Task.FromResult(Events.Inside == 0));
        }

        (await me.Get("/v1/me/claims")).Is(200);
    }

    private AdmissionLine Events => _app.Services.GetRequiredService<AdmissionLines>().Of("events")!;

    private static async Task Ask(Api api, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/me/claims");
        request.Headers.Authorization = new("Bearer", api.Token);
        using var answer = await api.Http.SendAsync(request, cancellation);
    }

    /// <summary>When the server waits for the body, of which one byte is sent.</summary>
    private async Task<Socket> BeginsToSend(string path)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_app.Address.Host, _app.Address.Port, Cancellation);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"""
            POST {path} HTTP/1.1
            Host: {_app.Address.Authority}
            Authorization: Bearer {_app.ServiceToken(Scopes.ActivitiesWrite)}
            Content-Type: application/json
            Content-Length: 1000
            Expect: 100-continue


            """.ReplaceLineEndings("\r\n")), Cancellation);
        var answer = new byte[64];
        var length = await socket.ReceiveAsync(answer, Cancellation);
        Assert.StartsWith("HTTP/1.1 100 Continue", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        await socket.SendAsync("["u8.ToArray(), Cancellation);
        return socket;
    }
}

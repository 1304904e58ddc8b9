using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A Laurel of one game, whose endpoint fulfils.</summary>
public sealed class GameWithEndpoint : IAsyncLifetime
{
    private Receiver? _endpoint;

    public GameWithEndpoint(TestPostgres postgres)
    {
        App = new LaurelApp(postgres);
        App.CallsLoopback();
    }

    public LaurelApp App { get; }

    public Receiver Endpoint => _endpoint!;

    public string Webhook { get; private set; } = "";

    public string Secret { get; set; } = "";

    public async ValueTask InitializeAsync()
    {
        await App.InitializeAsync();
        _endpoint = await Receiver.Start();
        var made = (await App.Operator().Post("/v1/webhooks", new { url = _endpoint.Url })).Is(201);
        (Webhook, Secret) = (made.Field("id"), made.Field("secret"));
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_endpoint is not null)
            await _endpoint.DisposeAsync();
    }

    /// <summary>A sword that somebody has claimed, when the endpoint was told of it as often as this.</summary>
    public async Task<string> Claimed(int told = 1)
    {
        var (claim, _, _) = await App.Claims(await App.GivesSwords());
        await IsTold(claim, told);
        return claim;
    }

    /// <summary>Waits until the endpoint was told of a claim so often, and the last time is recorded.</summary>
    public async Task IsTold(string claim, int times)
    {
        await Eventually.True(() => Task.FromResult(Endpoint.About(claim).Count >= times));
        await Eventually.True(async () => (await App.Deliveries(claim)).All(delivery => delivery["leasedUntil"] is null));
    }

    /// <summary>Puts the clock forward to when a delivery is attempted next, and waits until it was.</summary>
    public async Task GoesOn(string claim)
    {
        var (next, told) = ((await App.Delivery(claim))["nextAttemptAt"]!.At(), Endpoint.About(claim).Count);
        if (next > App.Clock.GetUtcNow())
            App.Clock.Advance(next - App.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        await IsTold(claim, told + 1);
    }

    /// <summary>What a game says that has no account: signed with the webhook's secret.</summary>
    public Task<Answer> CallsBack(string delivery, object body, string? secret = null, TimeSpan? late = null, string? of = null)
    {
        var content = Api.Json(body);
        var text = content.ReadAsStringAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        var timestamp = (App.Clock.GetUtcNow() - (late ?? TimeSpan.Zero)).ToUnixTimeSeconds().ToString();
        return App.Anonymous.Send(
            HttpMethod.Post, $"/v1/deliveries/{delivery}/callback", content,
            ("webhook-id", of ?? delivery), ("webhook-timestamp", timestamp),
            ("webhook-signature", DeliveringApp.SignatureOf(secret ?? Secret, of ?? delivery, timestamp, text)));
    }
}

using System.Text.Json.Nodes;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A game's endpoint is told what was granted, and its answer completes the claim.</summary>
public sealed class Delivering : IAsyncLifetime
{
    private readonly LaurelApp _app;
    private Receiver? _game;

    public Delivering(TestPostgres postgres)
    {
        _app = new LaurelApp(postgres);
        _app.CallsLoopback();
    }

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        _game = await Receiver.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_game is not null)
            await _game.DisposeAsync();
    }

    [Fact]
    public async Task What_was_granted_is_told_signed_and_completes_the_claim()
    {
        var webhook = (await _app.Operator().Post("/v1/webhooks", new { url = _game!.Url })).Is(201);
        var sword = await _app.GivesSwords();
        var (claim, user, _) = await _app.Claims(sword);
        await _app.ClaimBecomes(claim, "completed");

        var message = Assert.Single(_game.Messages);
        Assert.Equal("reward.granted", message.Type);
        Assert.Equal(DeliveringApp.SignatureOf(webhook.Field("secret"), message.Id, message.Timestamp, message.Body), message.Signature);
        var data = message.Json["data"]!;
        Assert.Equal((message.Id, claim, user.ToString()), ((string)data["deliveryId"]!, (string)data["claimId"]!, (string)data["userId"]!));
        Assert.True(JsonNode.DeepEquals(data["contents"], JsonNode.Parse("""[{"type": "item", "itemId": "sword", "name": "Sword", "quantity": 1}]""")));

        var delivery = await _app.Delivery(claim);
        Assert.Equal((message.Id, "delivered"), ((string)delivery["id"]!, (string)delivery["status"]!));
        Assert.Equal("delivered 204", $"{delivery["lastAttempts"]![0]!["outcome"]} {delivery["lastAttempts"]![0]!["status"]}");
    }
}

using System.Collections.Concurrent;
using System.Text;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Tests.Events.Deliveries;
using Laurel.Tests.Support;

namespace Laurel.Tests.Client;

/// <summary>A game that pulls what it has to hand over.</summary>
public sealed class HandingOver(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_handed_over_completes_its_claim_and_what_is_not_waits()
    {
        var swords = await app.GivesSwords();
        var (given, player, _) = await app.Claims(swords);
        var (full, _, _) = await app.Claims(swords);
        var handled = new ConcurrentBag<Delivery>();
        await using var client = new LaurelClient(await app.NewGameServer(Scopes.DeliveriesWrite));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = new DeliveryPuller(client).Run(
            (delivery, _) =>
            {
                handled.Add(delivery);
                return delivery.ClaimId == Guid.Parse(full) ? throw new InvalidOperationException("The inventory\nis full.\0") : Task.CompletedTask;
            },
            stop.Token);

        await app.ClaimBecomes(given, "completed");
        await Eventually.True(async () => (string?)(await app.Delivery(full))["lastAttempts"]?.AsArray().FirstOrDefault()?["error"] == "InvalidOperationException: The inventory is full. ");
        Assert.Equal("processing", await app.ClaimStatus(full));
        await stop.CancelAsync();
        await running;

        var delivery = handled.Single(one => one.ClaimId == Guid.Parse(given));
        Assert.Equal((DeliveryType.Granted, player.ToString()), (delivery.Type, delivery.UserId));
        Assert.Equal([new ItemContent("sword", "Sword", 1)], delivery.Contents);
    }

    [Fact]
    public async Task What_an_operator_granted_by_hand_is_handed_over_like_all_else()
    {
        var reward = await app.Operator().CreatesReward(new { type = "item", itemId = "sword", name = "Sword", quantity = 1 });
        var claim = (await app.Operator().Grants($"{Playing.NewPerson()}", reward, "by-hand")).Is(201).Field("id");
        (await app.Operator().Post($"/v1/claims/{claim}/approve")).Is(200);
        await using var client = new LaurelClient(await app.NewGameServer(Scopes.DeliveriesWrite));
        await foreach (var delivery in new DeliveryPuller(client).Deliveries(Cancellation))
        {
            if (delivery.ClaimId != Guid.Parse(claim))
                continue;
            Assert.Equal((null, null), (delivery.EventId, delivery.OfferId));
            await client.Deliveries.Acknowledge(delivery, Cancellation);
            break;
        }

        await app.ClaimBecomes(claim, "completed");
    }

    [Fact]
    public async Task One_that_can_never_be_handed_over_is_said_to_be_so_by_the_handler()
    {
        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        var troubles = new ConcurrentQueue<Exception>();
        await using var client = new LaurelClient(await app.NewGameServer(Scopes.DeliveriesWrite));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = new DeliveryPuller(client, new DeliveryPullerOptions { OnTrouble = troubles.Enqueue }).Run(
            async (delivery, cancellation) => await client.Deliveries.Fail(delivery, "There is no such sword.", permanent: true, cancellation), stop.Token);

        await app.ClaimBecomes(claim, "failed");
        // That it is acknowledged as well changes nothing.
        await Eventually.True(() => Task.FromResult(troubles.OfType<LaurelException>().Any(trouble => trouble.Code == "delivery_decided")));
        await stop.CancelAsync();
        await running;
        Assert.Equal("failed", await app.ClaimStatus(claim));
    }

    [Fact]
    public async Task Deliveries_come_one_by_one_and_a_lease_that_is_lost_is_told()
    {
        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        await using var client = new LaurelClient(await app.NewGameServer(Scopes.DeliveriesWrite));
        await foreach (var delivery in new DeliveryPuller(client).Deliveries(Cancellation))
        {
            if (delivery.ClaimId != Guid.Parse(claim))
                continue;
            var lost = await Assert.ThrowsAsync<LaurelException>(() => client.Deliveries.Acknowledge(delivery.Id, Playing.NewPerson(), Cancellation));
            Assert.Equal("delivery_leased", lost.Code);
            Assert.Equal("delivered", (await client.Deliveries.Acknowledge(delivery, Cancellation)).Status);
            Assert.Equal("delivered", (await client.Deliveries.Acknowledge(delivery, Cancellation)).Status);
            break;
        }

        await app.ClaimBecomes(claim, "completed");
    }

    [Fact]
    public async Task However_many_pull_and_however_many_answers_get_lost_each_is_handed_over()
    {
        var swords = await app.GivesSwords();
        var claims = new List<string>();
        for (var number = 0; number < 30; number++)
            claims.Add((await app.Claims(swords)).Claim);
        var dice = Dice.Thrown();
        var options = await app.NewGameServer(Scopes.DeliveriesWrite);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var handled = new ConcurrentDictionary<Guid, int>();
        var running = Enumerable.Range(0, 3).Select(async _ =>
        {
            var obstacle = new Obstacle(async (request, send) =>
            {
                var answer = await send();
                return request.RequestUri!.AbsolutePath.EndsWith("/ack", StringComparison.Ordinal) && Throw() == 0 ? throw new HttpRequestException("Cut.") : answer;
            });
            await using var client = new LaurelClient(options.Through(obstacle, time: TimeProvider.System));
            await new DeliveryPuller(client, new DeliveryPullerOptions { BatchSize = 4 }).Run(
                (delivery, _) =>
                {
                    handled.AddOrUpdate(delivery.ClaimId, 1, (_, times) => times + 1);
                    return Task.CompletedTask;
                },
                stop.Token);
        }).ToList();
        foreach (var claim in claims)
            await app.ClaimBecomes(claim, "completed");
        await stop.CancelAsync();
        await Task.WhenAll(running);

        // No lease has ended, so no delivery was given out twice.
        Assert.All(claims, claim => Assert.Equal(1, handled[Guid.Parse(claim)]));

        int Throw()
        {
            lock (dice)
                return dice.Between(0, 2);
        }
    }
}

/// <summary>A game that is called.</summary>
public sealed class BeingCalled
{
    private readonly LaurelApp _app;

    public BeingCalled(TestPostgres postgres)
    {
        _app = new LaurelApp(postgres);
        _app.CallsLoopback();
    }

    [Fact]
    public async Task What_Laurel_signs_is_believed_also_while_its_secret_rotates_and_answered_later()
    {
        await _app.InitializeAsync();
        await using var stopping = _app;
        await using var game = await Receiver.Start();
        game.Answers = (context, _) => Receiver.Status(context, 202);
        var webhook = (await _app.Operator().Post("/v1/webhooks", new { url = game.Url })).Is(201);
        var verifier = new WebhookVerifier(webhook.Field("secret"));
        var swords = await _app.GivesSwords();
        var (first, _, _) = await _app.Claims(swords);
        await Eventually.True(() => Task.FromResult(game.About(first).Count > 0));
        var told = Read(verifier, game.About(first)[0]);
        Assert.Equal((DeliveryType.Granted, Guid.Parse(first), Guid.Parse(told.Id)), (told.Delivery!.Type, told.Delivery.ClaimId, told.Delivery.Id));
        Assert.Equal([new ItemContent("sword", "Sword", 1)], told.Delivery.Contents);

        var rotated = (await _app.Operator().Post($"/v1/webhooks/{webhook.Field("id")}/rotate-secret")).Is(200).Field("secret");
        // Whoever sends them learns of the new secret within a second.
        var second = "";
        await Eventually.True(async () =>
        {
            (second, _, _) = await _app.Claims(swords);
            await Eventually.True(() => Task.FromResult(game.About(second).Count > 0));
            return game.About(second)[0].Signature.Contains(' ', StringComparison.Ordinal);
        });
        Assert.Equal(Guid.Parse(second), Read(verifier, game.About(second)[0]).Delivery!.ClaimId);
        Assert.Equal(Guid.Parse(second), Read(new WebhookVerifier(rotated), game.About(second)[0]).Delivery!.ClaimId);
        Assert.Throws<WebhookException>(() => Read(verifier, game.About(second)[0] with { Id = told.Id }));

        await using var client = new LaurelClient(await _app.NewGameServer(Scopes.DeliveriesWrite));
        Assert.Equal("delivered", (await client.Deliveries.Acknowledge(told.Delivery, TestContext.Current.CancellationToken)).Status);
        await _app.ClaimBecomes(first, "completed");
        await client.Deliveries.Fail(Read(verifier, game.About(second)[0]).Delivery!, "Never.", permanent: true, TestContext.Current.CancellationToken);
        await _app.ClaimBecomes(second, "failed");
    }

    private static WebhookMessage Read(WebhookVerifier verifier, Message message) => verifier.Read(
        name => name switch { "webhook-id" => message.Id, "webhook-timestamp" => message.Timestamp, "webhook-signature" => message.Signature, _ => null },
        Encoding.UTF8.GetBytes(message.Body));
}

using Laurel.Events;
using Laurel.Events.Claims;
using Laurel.Events.Deliveries;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A process that dies, or was thought dead, with deliveries of its own.</summary>
public sealed class Leases(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_dead_process_had_is_sent_after_its_lease()
    {
        var (claim, dead) = await TakenByAnother();
        Assert.Empty(game.Endpoint.About(claim));
        await Expire(claim);
        await game.App.ClaimBecomes(claim, "completed");
        Assert.Equal(dead.Id.ToString(), Assert.Single(game.Endpoint.About(claim)).Id);
    }

    [Fact]
    public async Task Who_comes_back_late_ends_nothing()
    {
        var (claim, first) = await TakenByAnother();
        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 500);
        await Expire(claim);
        await game.IsTold(claim, 1);

        var attempts = game.App.Services.GetRequiredService<Attempts>();
        var attempt = new DeliveryAttempt(game.App.Clock.GetUtcNow(), AttemptOutcome.Delivered, 200);
        Assert.False(await attempts.End(AttemptEnd.Delivered(first, attempt), Cancellation));
        Assert.False(await attempts.End(AttemptEnd.Failed(first, attempt, null, 0.5), Cancellation));
        Assert.Equal("processing", await game.App.ClaimStatus(claim));
        Assert.Equal(0, await game.App.Services.GetRequiredService<DeliveryStore>().GiveBack([first], Cancellation));

        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 204);
        await game.GoesOn(claim);
        await game.App.ClaimBecomes(claim, "completed");
    }

    [Fact]
    public async Task A_cancel_while_it_is_under_way_stands_and_the_game_is_told()
    {
        var answer = new TaskCompletionSource();
        game.Endpoint.Answers = async (context, _) =>
        {
            await answer.Task;
            await Receiver.Status(context, 204);
        };
        var (claim, _, _) = await game.App.Claims(await game.App.GivesSwords(stock: 1));
        await Eventually.True(() => Task.FromResult(game.Endpoint.About(claim).Count == 1));
        (await game.App.Operator().Post($"/v1/claims/{claim}/cancel", new { reason = "a mistake" })).Is(200);
        answer.SetResult();

        Assert.Single(game.Endpoint.About(claim));
        game.App.Clock.Advance(TimeSpan.FromSeconds(61));
        await game.IsTold(claim, 2);
        Assert.Equal(["reward.granted", "reward.revoked"], game.Endpoint.About(claim).Select(message => message.Type));
        await Eventually.True(async () => (string)(await game.App.Deliveries(claim))[0]["status"]! == "delivered");
        Assert.Equal(("failed", "cancelled"), (await game.App.ClaimStatus(claim), (string)(await game.App.Deliveries(claim))[1]["status"]!));
        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 204);
    }

    /// <summary>A delivery that another process took before this one could, and that does nothing more with it.</summary>
    private async Task<(string Claim, LeasedDelivery Delivery)> TakenByAnother()
    {
        game.Endpoint.Answers = (context, _) => Receiver.Status(context, 204);
        var swords = await game.App.GivesSwords();
        await using var connection = await game.App.Events.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await transaction.Execute("SELECT pg_advisory_xact_lock(20306, hashtext($1::text))", [Guid.Empty.ToString()], Cancellation);
        var (claim, _, _) = await game.App.Claims(swords);
        var lease = Playing.NewPerson();
        var taken = await transaction.Query(
            "UPDATE deliveries SET lease = $2, leased_until = now() + interval '60 s', attempts = 1 WHERE claim_id = $1 RETURNING id",
            row => new DeliveryId(row.GetGuid(0)), [Guid.Parse(claim), lease], Cancellation);
        await transaction.CommitAsync(Cancellation);

        var now = game.App.Clock.GetUtcNow();
        var granted = (await game.App.Services.GetRequiredService<ClaimReader>().Find(new ClaimId(Guid.Parse(claim)), Cancellation))!;
        return (claim, new LeasedDelivery(Assert.Single(taken), DeliveryQueue.Fulfilment, DeliveryKind.Granted, granted, lease, now, 0, now, now));
    }

    private Task<int> Expire(string claim) =>
        game.App.Events.Execute("UPDATE deliveries SET leased_until = now() WHERE claim_id = $1", [Guid.Parse(claim)], Cancellation);
}

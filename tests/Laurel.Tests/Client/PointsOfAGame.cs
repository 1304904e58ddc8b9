using System.Net;
using Laurel.Client;
using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Client;

public sealed class PointsOfAGame(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_is_done_once_though_its_answer_gets_lost()
    {
        var lost = 3;
        var obstacle = new Obstacle(async (request, send) =>
        {
            var answer = await send();
            return request.RequestUri!.AbsolutePath != "/v1/auth/token" && Interlocked.Decrement(ref lost) >= 0 ? throw new HttpRequestException("Cut.") : answer;
        });
        await using var client = await Client(obstacle);
        var me = Playing.NewUser();
        var credit = await client.Points.Credit(me, 100, "purchase-1", "A purchase", Cancellation);
        Assert.Equal(100, credit.Balance);
        Assert.Equal(credit, await client.Points.Credit(me, 100, "purchase-1", "A purchase", Cancellation));
        Assert.Equal(30, (await client.Points.Debit(me, 70, "purchase-2", cancellation: Cancellation)).Balance);
        Assert.Equal(3, obstacle.Time.Pauses.Count);
    }

    [Fact]
    public async Task A_refusal_has_its_code_and_what_was_wrong()
    {
        await using var client = await Client(new Obstacle((_, send) => send()));
        var me = Playing.NewUser();
        var poor = await Assert.ThrowsAsync<LaurelException>(() => client.Points.Debit(me, 1, "a", cancellation: Cancellation));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "insufficient_points", false), (poor.Status, poor.Code, poor.IsTransient));
        var wrong = await Assert.ThrowsAsync<LaurelException>(() => client.Points.Credit(me, 0, "b", cancellation: Cancellation));
        Assert.Equal(("rule_broken", "amount"), (wrong.Code, wrong.Errors.Single().Path));
        Assert.NotNull(wrong.TraceId);
        await Assert.ThrowsAsync<ArgumentException>(() => client.Points.Credit(me, 1, "a\nb", cancellation: Cancellation));
    }

    [Fact]
    public async Task A_transfer_is_reversed_once()
    {
        await using var client = await Client(new Obstacle((_, send) => send()));
        var me = Playing.NewUser();
        var credit = await client.Points.Credit(me, 5, "a", cancellation: Cancellation);
        Assert.Equal(0, (await client.Points.Reverse(credit.Id, "b", "A mistake", Cancellation)).Balance);
        var twice = await Assert.ThrowsAsync<LaurelException>(() => client.Points.Reverse(credit.Id, "c", cancellation: Cancellation));
        Assert.Equal("already_reversed", twice.Code);
    }

    private async Task<LaurelClient> Client(Obstacle obstacle) => new((await app.NewGameServer(Scopes.PointsWrite)).Through(obstacle));
}

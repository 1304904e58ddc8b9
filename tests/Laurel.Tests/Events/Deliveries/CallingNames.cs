using System.Net;
using Laurel.Events.Deliveries;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>What a name stands for is looked at whenever a connection is made.</summary>
public sealed class CallingNames(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    [Fact]
    public async Task A_name_that_moves_inside_is_not_followed_there()
    {
        var (looks, inside) = (0, IPAddress.Parse("169.254.169.254"));
        foreach (var names in game.App.Services.GetServices<NameResolver>())
            names.Resolve = (_, _) => Task.FromResult<IPAddress[]>(Interlocked.Increment(ref looks) == 1 ? [IPAddress.Loopback] : [IPAddress.Loopback, inside]);
        game.Endpoint.Answers = (context, _) =>
        {
            context.Response.Headers.Connection = "close";
            return Receiver.Status(context, 204);
        };

        var (first, _, _) = await game.App.Claims(await game.App.GivesSwords());
        await game.App.ClaimBecomes(first, "completed");
        var (second, _, _) = await game.App.Claims(await game.App.GivesSwords());
        await Eventually.True(async () => (await game.App.Delivery(second))["lastAttempts"]!.AsArray().Count > 0);
        Assert.EndsWith("stands for an address that is not public.", (string)(await game.App.Delivery(second))["lastAttempts"]![0]!["error"]!, StringComparison.Ordinal);
        Assert.Empty(game.Endpoint.About(second));
        Assert.True(looks >= 2);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("64:ff9b::7f00:1")]
    public async Task Without_the_setting_no_name_leads_inside(string address)
    {
        var names = new NameResolver { Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]) };
        using var caller = new WebhookCaller("https://game.example.com/", names, TimeProvider.System, allowLoopback: false);
        var reply = await caller.Call("id", [], [new byte[32]], wantsAnswer: false, TestContext.Current.CancellationToken);
        Assert.Equal("game.example.com stands for an address that is not public.", reply.Error);
    }
}

using Laurel.Chaos.World;

namespace Laurel.Chaos.Apart;

/// <summary>Each process of auth and events is stopped and started again, one after the other, under load through the gateway.</summary>
[Collection<OneCompany>]
public sealed class Restarting(Company company)
{
    [Fact]
    public async Task No_request_fails()
    {
        await company.Mend();
        await using var traffic = await Traffic.Runs(company);
        Part[] inTurn = [company.Events[0], company.Auth[0], company.Events[1], company.Auth[1]];
        for (var restart = 0; restart < Size.Ours.RollingRestarts; restart++)
        {
            await inTurn[restart % inTurn.Length].Restart();
            // Until the gateway has seen it come back: whoever rolls out waits for readiness, too.
            await company.Mend();
            await traffic.GoesOn(TimeSpan.FromSeconds(1));
        }

        await traffic.Ends();
        TestContext.Current.TestOutputHelper!.WriteLine($"{Size.Ours.RollingRestarts} restarts, {traffic.Answered:N0} requests.");
        Assert.Empty(traffic.Repeatable);
        Assert.Empty(traffic.Once);
    }
}

using Laurel.Events.Progress;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

public sealed class VerifyingUnderTraffic(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_right_beside_live_traffic_and_changes_of_the_catalog()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.All(Goal.Count("run", 5), Goal.Distinct("run", "place", 3))));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var traffic = Enumerable.Range(0, 4).Select(lane => Task.Run(
            async () =>
            {
                for (var at = 0; !stop.IsCancellationRequested; at++)
                {
                    var user = $"runner-{(at * 7) + lane * 3 % 40}";
                    (await app.GameServer().Reports(
                        [.. Enumerable.Range(0, 5).Select(_ => Playing.Did(user, "run", Now, attributes: new { place = at % 5 }))])).Is(200);
                }
            },
            Cancellation)).ToList();

        for (var round = 0; round < 6; round++)
        {
            var found = await Verify();
            Assert.True(found.Different == 0, string.Join('\n', found.First));
            var goal = Goal.All(Goal.Count("run", 5 + round), Goal.Distinct("run", round % 2 == 0 ? "place" : "other", 3));
            (await @operator.Patches($"/v1/events/{id}", new { condition = goal })).Is(200);
        }

        await stop.CancelAsync();
        await Task.WhenAll(traffic);
        await @operator.Settles(id);
        var last = await Verify();
        Assert.True(last.Different == 0, string.Join('\n', last.First));
        Assert.DoesNotContain(StoredProgress.CatchingUp, last.Skipped.Keys);
    }

    private async Task<VerificationSummary> Verify()
    {
        var summary = new VerificationSummary();
        await app.Services.GetRequiredService<Verification>().Run(null, summary, () => { }, Cancellation);
        return summary;
    }
}

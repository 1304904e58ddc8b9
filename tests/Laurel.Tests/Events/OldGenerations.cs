using Laurel.Events.Activities;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

public sealed class OldGenerations(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_dropped_when_nothing_that_can_be_claimed_needs_them()
    {
        var generations = app.Services.GetRequiredService<Generations>();
        for (var turn = 0; turn < 4; turn++)
        {
            await app.Events.Execute("UPDATE catalog SET generation_since = now() - interval '8 days'", [], Cancellation);
            await generations.Tend(Cancellation);
        }

        Assert.Null(await generations.Horizon(Cancellation));
        await app.Events.Execute(
            "UPDATE generations SET started_at = now() - (ARRAY[300, 200, 95, 8, 0])[number] * interval '1 day'", [], Cancellation);
        var now = app.Clock.GetUtcNow();
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        // Open for 150 days, and still; one that is over since long ago needs nothing.
        var running = await @operator.Runs(app.Draft() with { StartsAt = now.AddDays(-150) });
        await @operator.Creates(app.Draft() with { StartsAt = now.AddDays(-299), EndsAt = now.AddDays(-200) });

        await generations.Tend(Cancellation);
        Assert.Equal([2, 3, 4, 5], await Numbers());
        Assert.InRange(now - (await generations.Horizon(Cancellation))!.Value, TimeSpan.FromDays(199), TimeSpan.FromDays(200));

        // Switched off it may be switched on again, so it still needs them; when it can no longer be claimed, it does not.
        (await @operator.SwitchesOff(running)).Is(200);
        await generations.Tend(Cancellation);
        Assert.Equal([2, 3, 4, 5], await Numbers());
        app.Clock.Advance(TimeSpan.FromDays(100));
        await generations.Tend(Cancellation);
        Assert.Equal([4, 5], await Numbers());
        Assert.Equal(2L, await app.Events.QueryOne(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'activities'::regclass", row => row.GetInt64(0), [], Cancellation));
    }

    private Task<List<int>> Numbers() => app.Events.Query("SELECT number FROM generations ORDER BY number", row => row.GetInt32(0), [], Cancellation);
}

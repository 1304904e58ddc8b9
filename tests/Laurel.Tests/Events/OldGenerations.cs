using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

public sealed class OldGenerations(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private EventCatalog Catalog => app.Services.GetRequiredService<EventCatalog>();

    [Fact]
    public async Task Are_dropped_when_nothing_that_can_be_claimed_needs_them_and_nothing_can_need_them_afterwards()
    {
        await Turn(times: 4);
        Assert.Null((await Catalog.Load(Cancellation)).Log.Horizon);
        await Change("UPDATE generations SET started_at = now() - (ARRAY[300, 200, 95, 8, 0])[number] * interval '1 day'");
        var now = app.Clock.GetUtcNow();
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        // Open for 150 days, and still; one that is over since long ago needs nothing.
        var running = await @operator.Runs(app.Draft() with { StartsAt = now.AddDays(-150) });
        await @operator.Creates(app.Draft() with { StartsAt = now.AddDays(-299), EndsAt = now.AddDays(-200) });

        await Tend();
        Assert.Equal([2, 3, 4, 5], await Numbers());
        Assert.InRange(now - Catalog.Current.Log.Horizon!.Value, TimeSpan.FromDays(199), TimeSpan.FromDays(200));

        // Switched off it may be switched on again, so it still needs them; when it can no longer be claimed, it does not.
        (await @operator.SwitchesOff(running)).Is(200);
        await Tend();
        Assert.Equal([2, 3, 4, 5], await Numbers());
        await Change(
            """
            UPDATE generations SET started_at = started_at - interval '100 days';
            UPDATE events SET starts_at = starts_at - interval '100 days', ends_at = ends_at - interval '100 days'
            """);
        (await @operator.Patches($"/v1/events/{running}", new { title = "As time went by" })).Is(200);
        await Tend();
        Assert.Equal([4, 5], await Numbers());
        Assert.Equal(2L, await app.Events.QueryOne(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'activities'::regclass", row => row.GetInt64(0), [], Cancellation));

        // What could not be counted whole any more is refused, before anything of it is lost.
        (await @operator.Patches($"/v1/events/{running}", new { endsAt = now.AddDays(9) }, "*")).Is(200);
        (await @operator.Activates(running)).Refused(422, "beyond_horizon");
        (await @operator.Activates(await @operator.Creates(app.Draft() with { StartsAt = now.AddDays(-300) }))).Refused(422, "beyond_horizon");
        var recent = await @operator.Runs(app.Draft() with { StartsAt = now.AddDays(-90) });
        (await @operator.Patches($"/v1/events/{recent}", new { startsAt = now.AddDays(-300) })).Refused(422, "beyond_horizon");
        (await @operator.Patches($"/v1/events/{recent}", new { startsAt = now.AddDays(-95) })).Is(200);
    }

    private async Task Turn(int times)
    {
        for (var turn = 0; turn < times; turn++)
        {
            await Change("UPDATE catalog SET generation_since = now() - interval '8 days'");
            await Tend();
        }
    }

    private Task Tend() => app.Services.GetRequiredService<Generations>().Tend(Cancellation);

    private async Task Change(string sql)
    {
        await app.Events.Execute(sql, [], Cancellation);
        await Catalog.Announce(Cancellation);
    }

    private Task<List<int>> Numbers() => app.Events.Query("SELECT number FROM generations ORDER BY number", row => row.GetInt32(0), [], Cancellation);
}

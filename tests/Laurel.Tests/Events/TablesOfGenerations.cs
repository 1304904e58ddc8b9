using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

public sealed class TablesOfGenerations(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Come_and_go_without_waiting_for_those_who_read_the_log()
    {
        var (game, me) = (app.GameServer(), Playing.NewUser());
        await using var reader = await app.Events.Hold("SELECT count(*) FROM activities");

        await Turn(times: 1);
        Assert.Equal(["accepted"], (await game.Reports(Playing.Did(me, "kill", app.Clock.GetUtcNow()))).Outcomes());

        // To let go of a table takes until nobody reads it any more, and holds up nobody else.
        var oldest = (await Numbers())[0];
        await Turn(times: 2);
        await Change("UPDATE generations SET started_at = started_at - interval '900 days'");
        var tending = Tend();
        await Eventually.True(async () => !(await Numbers()).Contains(oldest));
        Assert.Equal(["accepted"], (await game.Reports(Playing.Did(me, "kill", app.Clock.GetUtcNow()))).Outcomes());
        Assert.False(tending.IsCompleted);
        await reader.RollbackAsync(Cancellation);
        await tending;
        Assert.Equal(await Numbers(), await Tables());
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
        await app.Services.GetRequiredService<EventCatalog>().Announce(Cancellation);
    }

    private Task<List<int>> Numbers() => app.Events.Query("SELECT number FROM generations ORDER BY number", row => row.GetInt32(0), [], Cancellation);

    private Task<List<int>> Tables() => app.Events.Query(
        "SELECT substring(relname FROM '\\d+$')::int AS number FROM pg_class WHERE relkind = 'r' AND relname ~ '^activities_\\d+$' ORDER BY number",
        row => row.GetInt32(0), [], Cancellation);
}

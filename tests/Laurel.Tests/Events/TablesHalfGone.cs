using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Laurel.Tests.Events;

public sealed class TablesHalfGone(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whose_table_was_not_let_go_of_to_the_end_are_let_go_of_later()
    {
        await Turn(times: 3);
        await Change("UPDATE generations SET started_at = started_at - interval '900 days'");
        var oldest = (await Numbers())[0];
        await using (await app.Events.Hold("SELECT count(*) FROM activities"))
        {
            await using var impatient = await app.Events.OpenConnectionAsync(Cancellation);
            await using var limit = new NpgsqlCommand("SET statement_timeout = '200ms'", impatient);
            await limit.ExecuteNonQueryAsync(Cancellation);
            await using var detach = new NpgsqlCommand($"ALTER TABLE activities DETACH PARTITION activities_{oldest} CONCURRENTLY", impatient);
            Assert.Equal(PostgresErrorCodes.QueryCanceled, (await Assert.ThrowsAsync<PostgresException>(() => detach.ExecuteNonQueryAsync(Cancellation))).SqlState);
        }

        await Tend();
        Assert.DoesNotContain(oldest, await Tables());
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

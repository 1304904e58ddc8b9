using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Jobs;

/// <summary>The database has no time for a job: more often than a job may fail, and each time in another way.</summary>
public sealed class PutOff(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_waits_and_never_fails_by_it()
    {
        await app.Events.Execute("CREATE SEQUENCE refusals", [], Cancellation);
        await app.Events.Execute(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                RAISE EXCEPTION 'not now' USING ERRCODE = (ARRAY['55P03', '57014', '25P03', '57P01', '53200', '08006'])[1 + nextval('refusals') % 6];
            END
            $$
            """,
            [], Cancellation);
        await app.Events.Execute("CREATE TRIGGER refuses BEFORE DELETE ON presence EXECUTE FUNCTION refuse()", [], Cancellation);

        var asked = await app.Registrar().Erases(Playing.NewUser());
        var job = Guid.Parse(asked.Is(202).Field("id"));
        await Eventually.True(async () =>
        {
            await app.Events.Execute("UPDATE jobs SET free_at = now() WHERE id = $1 AND delays < 7 AND status = 'queued'", [job], Cancellation);
            return await app.Events.QueryOne("SELECT delays FROM jobs WHERE id = $1", row => row.GetInt32(0), [job], Cancellation) >= 7;
        });
        Assert.Equal(("queued", 0, true), await app.Events.QueryOne(
            "SELECT status, attempts, reason LIKE '%not now' FROM jobs WHERE id = $1", row => (row.GetString(0), row.GetInt32(1), row.GetBoolean(2)), [job], Cancellation));

        await app.Events.Execute("DROP TRIGGER refuses ON presence", [], Cancellation);
        await app.Events.Execute("UPDATE jobs SET free_at = now() WHERE id = $1", [job], Cancellation);
        (await app.Erased(asked)).Is("erasure", "done", gained: 0, lost: 0);
    }
}

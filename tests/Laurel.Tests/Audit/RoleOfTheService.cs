using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Audit;

/// <summary>What a service may do to its own database.</summary>
public sealed class RoleOfTheService(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_connection_works_under_the_role_also_when_it_is_used_again()
    {
        foreach (var pool in app.ServicePools)
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal("laurel_app of laurel", await pool.QueryOne("SELECT current_user || ' of ' || session_user", row => row.GetString(0), [], Cancellation));
            // Also after something that went wrong.
            await Assert.ThrowsAsync<PostgresException>(() => pool.Execute("SELECT 1 / 0", [], Cancellation));
            Assert.Equal("laurel_app", await pool.QueryOne("SELECT current_user::text", row => row.GetString(0), [], Cancellation));
        }
    }

    [Theory]
    [InlineData("UPDATE audit SET actor = 'nobody'")]
    [InlineData("DELETE FROM audit")]
    [InlineData("TRUNCATE audit")]
    [InlineData("UPDATE audit_chain SET seq = seq + 1")]
    [InlineData("DELETE FROM audit_chain")]
    [InlineData("DELETE FROM audit_checkpoints")]
    [InlineData("UPDATE audit_personal SET body = ''")]
    [InlineData("ALTER TABLE audit DISABLE TRIGGER ALL")]
    [InlineData("DROP TABLE audit")]
    [InlineData("DELETE FROM schema_migrations")]
    [InlineData("CREATE TABLE mine ()")]
    public async Task Nothing_that_must_stay_can_be_changed_by_it(string statement)
    {
        foreach (var pool in app.ServicePools)
            await IsRefused(pool, statement);
    }

    [Theory]
    [InlineData("UPDATE transfers SET amount = amount + 1")]
    [InlineData("DELETE FROM transfers")]
    [InlineData("TRUNCATE transfers")]
    public async Task Neither_can_transfers(string statement)
    {
        foreach (var pool in app.ServicePools.Skip(1))
            await IsRefused(pool, statement);
    }

    [Fact]
    public async Task It_may_read_and_write_whatever_else_there_is_also_what_comes_later()
    {
        await app.Events.Execute("CREATE TABLE later (id bigint)", [], Cancellation);
        foreach (var (owner, pool) in new[] { (app.Database, app.ServicePools[0]), (app.Events, app.ServicePools[1]) })
        {
            var lacking = await pool.Query(
                """
                SELECT relname || ' ' || right_name
                FROM pg_class
                CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_name
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT has_table_privilege(oid, right_name)
                ORDER BY 1
                """,
                row => row.GetString(0), [], Cancellation);
            string[] kept = ["audit DELETE", "audit UPDATE", "audit_chain DELETE", "audit_chain UPDATE", "audit_checkpoints DELETE", "audit_checkpoints UPDATE", "audit_personal UPDATE"];
            string[] ours = ["schema_migrations DELETE", "schema_migrations INSERT", "schema_migrations UPDATE"];
            string[] transfers = owner == app.Events ? ["transfers DELETE", "transfers UPDATE"] : [];
            Assert.Equal([.. kept, .. ours, .. transfers], lacking);
        }
    }

    /// <summary>By the lack of a right: a trigger would be asked only after it.</summary>
    private static async Task IsRefused(NpgsqlDataSource pool, string statement)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => pool.Execute(statement, [], Cancellation));
        Assert.Equal("42501", refused.SqlState);
        Assert.Matches("^(permission denied|must be owner)", refused.MessageText);
    }
}

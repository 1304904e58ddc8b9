using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Platform;

public sealed class TestPostgresTests(TestPostgres postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Databases_of_a_kind_are_clones_of_one_template_and_do_not_see_each_other()
    {
        var migrations = 0;
        async Task Migrate(string connectionString, CancellationToken cancellation)
        {
            migrations++;
            await Execute(connectionString, "CREATE TABLE thing (id bigint PRIMARY KEY)");
        }

        var databases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => postgres.CreateDatabase("clones", Migrate, Cancellation)));
        await Execute(databases[0].ConnectionString, "INSERT INTO thing VALUES (1)");

        Assert.Equal(1, migrations);
        Assert.Equal(1L, await Execute(databases[0].ConnectionString, "SELECT count(*) FROM thing"));
        Assert.Equal(0L, await Execute(databases[1].ConnectionString, "SELECT count(*) FROM thing"));
        foreach (var database in databases)
            await database.DisposeAsync();
    }

    [Fact]
    public async Task A_database_is_dropped_at_the_end_even_while_someone_is_connected()
    {
        var database = await postgres.CreateDatabase(Cancellation);
        await using var left = new NpgsqlConnection(database.ConnectionString);
        await left.OpenAsync(Cancellation);

        await database.DisposeAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => Execute(database.ConnectionString, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, refused.SqlState);
    }

    private static async Task<object?> Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}

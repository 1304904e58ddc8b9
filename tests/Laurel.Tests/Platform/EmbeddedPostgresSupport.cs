using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Platform;

internal static class EmbeddedPostgresSupport
{
    public static EmbeddedPostgresOptions Options(string dataDir) => new(dataDir) { BinariesDir = Repository.LaurelFolder, Fsync = false };

    public static Task<object?> Setting(this EmbeddedPostgres postgres, string name) => postgres.Execute("postgres", $"SELECT current_setting('{name}')");

    public static async Task<object?> Execute(this EmbeddedPostgres postgres, string database, string sql)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(postgres.ConnectionString(database)) { Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}

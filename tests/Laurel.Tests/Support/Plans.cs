using Npgsql;

namespace Laurel.Tests.Support;

/// <summary>How PostgreSQL goes about a statement once it is prepared, whatever its parameters are: as the pipelines have it done.</summary>
internal static class Plans
{
    /// <param name="database">The one whose connections never plan for single values.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="types">Those of its parameters.</param>
    public static async Task<string> Generic(NpgsqlDataSource database, string statement, params string[] types)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using (var prepare = new NpgsqlCommand($"PREPARE explained ({string.Join(", ", types)}) AS {statement}", connection))
            await prepare.ExecuteNonQueryAsync(cancellation);

        var plan = new List<string>();
        await using (var explain = new NpgsqlCommand($"EXPLAIN (COSTS OFF) EXECUTE explained ({string.Join(", ", types.Select(_ => "NULL"))})", connection))
        await using (var reader = await explain.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
                plan.Add(reader.GetString(0));
        }

        await using (var deallocate = new NpgsqlCommand("DEALLOCATE explained", connection))
            await deallocate.ExecuteNonQueryAsync(cancellation);
        return string.Join('\n', plan);
    }
}

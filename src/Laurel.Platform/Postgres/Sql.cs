using System.Data.Common;
using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// Plain SQL with <c>$1</c> parameters and a row reader: no mapping to learn, nothing between the statement and what is read here.
/// </summary>
public static class Sql
{
    public static async Task<List<T>> Query<T>(
        this NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> row, object?[] values, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        return await Read(command, row, values, cancellation);
    }

    public static async Task<T?> QueryOne<T>(
        this NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> row, object?[] values, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        Bind(command, values);
        await using var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SingleRow, cancellation);
        return await reader.ReadAsync(cancellation) ? row(reader) : default;
    }

    public static async Task<int> Execute(this NpgsqlDataSource database, string sql, object?[] values, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        Bind(command, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task<List<T>> Query<T>(
        this NpgsqlTransaction transaction, string sql, Func<NpgsqlDataReader, T> row, object?[] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        return await Read(command, row, values, cancellation);
    }

    public static async Task<int> Execute(this NpgsqlTransaction transaction, string sql, object?[] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        Bind(command, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Runs the work in one transaction and commits it; a throw rolls it back. A transaction that PostgreSQL gave up for the sake
    /// of another one (40001, 40P01) is tried anew as a whole, at most three times.
    /// </summary>
    public static async Task<T> InTransaction<T>(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            try
            {
                var result = await work(transaction);
                await transaction.CommitAsync(cancellation);
                return result;
            }
            catch (PostgresException exception)
                when (attempt < 3 && exception.SqlState is (PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected))
            {
                await transaction.RollbackAsync(cancellation);
            }
        }
    }

    /// <summary>The pattern of LIKE for texts that have this one in them, whatever stands in it.</summary>
    public static string Containing(string text) =>
        $"%{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal)}%";

    public static T? Optional<T>(this DbDataReader reader, int column) where T : struct =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);

    public static string? OptionalText(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset Time(this DbDataReader reader, int column) => reader.GetFieldValue<DateTimeOffset>(column);

    private static async Task<List<T>> Read<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> row, object?[] values, CancellationToken cancellation)
    {
        Bind(command, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(row(reader));
        return rows;
    }

    private static void Bind(NpgsqlCommand command, object?[] values)
    {
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
    }
}

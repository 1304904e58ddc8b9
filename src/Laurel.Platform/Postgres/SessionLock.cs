using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// An advisory lock for longer than a transaction. It is given back by hand, since a connection that goes back to its pool keeps what it
/// holds; when the process dies, it goes with the connection.
/// </summary>
public sealed class SessionLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly long _key;

    private SessionLock(NpgsqlConnection connection, long key) => (_connection, _key) = (connection, key);

    /// <summary>Null where somebody else has it.</summary>
    public static async Task<SessionLock?> TryTake(NpgsqlDataSource database, long key, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({key})", connection);
            if (await command.ExecuteScalarAsync(cancellation) is true)
                return new SessionLock(connection, key);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await using (_connection)
        {
            await using var command = new NpgsqlCommand($"SELECT pg_advisory_unlock({_key})", _connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}

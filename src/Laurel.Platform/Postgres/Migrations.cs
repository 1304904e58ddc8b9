using System.Reflection;
using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// Brings a service's database to the state that the program expects: the numbered SQL files that the service's assembly
/// holds, in order, each in a transaction of its own, each once. What has been applied is never changed: a mistake is
/// mended by the next file.
/// </summary>
public static class Migrations
{
    /// <summary>"Laurel" in ASCII. Advisory locks belong to one database, so services do not wait for each other.</summary>
    private const long LockKey = 0x4C617572656C;

    /// <summary>
    /// Returns the names of the files that were applied now. Of several processes that start at once, one works and the
    /// others wait.
    /// </summary>
    /// <exception cref="StartupException">
    /// A file fails, or files and database do not belong together. What was applied before stays; a failed file leaves nothing.
    /// </exception>
    public static async Task<IReadOnlyList<string>> Apply(NpgsqlDataSource database, Assembly assembly, TimeProvider? time = null,
        CancellationToken cancellation = default)
    {
        var files = MigrationFile.AllOf(assembly);
        await using var connection = await Open(database, cancellation);
        try
        {
            await Prepare(connection, cancellation);
            var done = await Check(connection, files, cancellation);
            var applied = new List<string>();
            foreach (var file in files.Skip(done))
            {
                await Apply(connection, file, time ?? TimeProvider.System, cancellation);
                applied.Add(file.Name);
            }
            return applied;
        }
        catch (NpgsqlException failure)
        {
            throw new StartupException($"The database '{connection.Database}' cannot be migrated: {Reason(failure)}.", failure);
        }
        finally
        {
            await Release(connection);
        }
    }

    private static async Task<NpgsqlConnection> Open(NpgsqlDataSource database, CancellationToken cancellation)
    {
        var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch (NpgsqlException failure)
        {
            await connection.DisposeAsync();
            var wanted = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            throw new StartupException($"The database '{wanted.Database}' at {wanted.Host}:{wanted.Port} cannot be opened: {Reason(failure)}.", failure);
        }
    }

    private static async Task Prepare(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // The limits that suit requests would cut off a long file, or the wait for another process that applies one.
        await Execute(connection,
            $"""
            SET statement_timeout = 0;
            SET lock_timeout = 0;
            SET idle_in_transaction_session_timeout = 0;
            SELECT pg_advisory_lock({LockKey});
            """, cancellation);
        await Execute(connection,
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                number integer CONSTRAINT schema_migrations_pk PRIMARY KEY
                    CONSTRAINT schema_migrations_number_positive CHECK (number > 0),
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL
            )
            """, cancellation);
    }

    /// <summary>How many of the files the database has.</summary>
    private static async Task<int> Check(NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT number, name, checksum
            FROM schema_migrations
            ORDER BY number
            """, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var done = 0;
        while (await rows.ReadAsync(cancellation))
        {
            var (number, name, checksum) = (rows.GetInt32(0), rows.GetString(1), rows.GetString(2));
            if (number > files.Count)
                throw new StartupException(
                    $"The database '{connection.Database}' is newer than this program: it has {name}, and the program's last migration is {(files.Count == 0 ? "none" : files[^1].Name)}.");
            if (number != done + 1)
                throw new StartupException($"The database '{connection.Database}' lacks the migration {files[done].Name}, although it has {name}.");
            if (name != files[done].Name || checksum != files[done].Checksum)
                throw new StartupException(
                    $"The migration {files[done].Name} is not what the database '{connection.Database}' was migrated with ({name}): a file that has been applied must never change.");
            done++;
        }
        return done;
    }

    private static async Task Apply(NpgsqlConnection connection, MigrationFile file, TimeProvider time, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        try
        {
            await Execute(connection, InOnePiece(file), cancellation);
            await using var note = new NpgsqlCommand(
                """
                INSERT INTO schema_migrations (number, name, checksum, applied_at)
                VALUES ($1, $2, $3, $4)
                """, connection)
            {
                Parameters =
                {
                    new() { Value = file.Number }, new() { Value = file.Name }, new() { Value = file.Checksum }, new() { Value = time.GetUtcNow() },
                },
            };
            await note.ExecuteNonQueryAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (PostgresException failure)
        {
            throw new StartupException(
                $"The migration {file.Name} failed, and the database '{connection.Database}' is as it was before it: {Reason(failure)}{Line(file, failure)}.", failure);
        }
        catch (NpgsqlException failure)
        {
            throw new StartupException(
                $"The migration {file.Name} was interrupted (database '{connection.Database}'); the next start looks whether it was applied: {Reason(failure)}.",
                failure);
        }
    }

    /// <summary>
    /// PostgreSQL itself takes the file apart: Npgsql would cut a function's body at its semicolons (BEGIN ATOMIC). And this
    /// way it refuses a file that would end the transaction. The checksum makes tags that cannot stand in the file.
    /// </summary>
    private static string InOnePiece(MigrationFile file) =>
        $"DO $do_{file.Checksum}$ BEGIN EXECUTE $sql_{file.Checksum}${file.Sql}$sql_{file.Checksum}$; END $do_{file.Checksum}$";

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// A pooled connection keeps its session, and with it the lock, until somebody uses it again; so it is let go by name.
    /// Where that fails the connection is broken, and the session has ended.
    /// </summary>
    private static async Task Release(NpgsqlConnection connection)
    {
        try
        {
            await Execute(connection, "SELECT pg_advisory_unlock_all(); RESET ALL", CancellationToken.None);
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            NpgsqlConnection.ClearPool(connection);
        }
    }

    private static string Line(MigrationFile file, PostgresException failure) =>
        failure.InternalPosition is > 0 and var position && position <= file.Sql.Length
            ? $", line {file.Sql.AsSpan(0, position - 1).Count('\n') + 1}"
            : "";

    private static string Reason(NpgsqlException failure)
    {
        var reason = failure is PostgresException refused ? $"{refused.MessageText} ({refused.SqlState})" : (failure.InnerException ?? failure).Message;
        return reason.TrimEnd('.').ReplaceLineEndings(" ");
    }
}

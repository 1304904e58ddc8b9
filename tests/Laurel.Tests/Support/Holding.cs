using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Tests.Support;

/// <summary>Transactions that are held up, and by which others are: so that what races meets where a test wants it to.</summary>
internal static class Holding
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Keeps what a statement has locked, for longer than Laurel's own transactions may idle.</summary>
    public static async Task<Held> Hold(this NpgsqlDataSource database, string statement, params object?[] values)
    {
        var connection = await database.OpenConnectionAsync(Cancellation);
        var transaction = await connection.BeginTransactionAsync(Cancellation);
        await transaction.Execute("SET LOCAL idle_in_transaction_session_timeout = 0", [], Cancellation);
        await transaction.Execute(statement, values, Cancellation);
        return new Held(connection, transaction);
    }

    /// <summary>How many wait for a lock with a statement that is like this.</summary>
    public static Task<long> Waiting(this NpgsqlDataSource database, string statement) => database.QueryOne(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1",
        row => row.GetInt64(0), [statement], Cancellation);

    /// <summary>How many wait to write progress.</summary>
    public static Task<long> WaitingToFold(this NpgsqlDataSource events) => events.Waiting("%INSERT INTO progress%");

    /// <summary>Whether somebody who changes the catalog waits for those who go by it.</summary>
    public static async Task<bool> IsWaitedForAtTheFence(this LaurelApp app) => await app.Events.QueryOne(
        "SELECT true FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        row => row.GetBoolean(0), [], Cancellation);
}

/// <summary>A transaction that ends when it is told to.</summary>
internal sealed class Held(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
{
    public NpgsqlTransaction Transaction => transaction;

    public Task CommitAsync(CancellationToken cancellation) => transaction.CommitAsync(cancellation);

    public Task RollbackAsync(CancellationToken cancellation) => transaction.RollbackAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}

using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// What ends a transaction without a fault of what it was to do: the database is slow, or away, or gave it up for another. The same may be
/// right a moment later.
/// </summary>
public static class PassingFailure
{
    private const string IdleInTransaction = "25P03";

    public static bool IsPassing(this Exception failure) => failure switch
    {
        PostgresException { IsTransient: true } => true,
        PostgresException refused => refused.SqlState is PostgresErrorCodes.QueryCanceled or IdleInTransaction or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown,
        NpgsqlException or UnavailableException or RepeatBatchException => true,
        _ => false,
    };
}

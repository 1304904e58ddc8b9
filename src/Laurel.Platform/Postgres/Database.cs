using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>Opens a service's database with the limits that every connection of Laurel has.</summary>
public static class Database
{
    /// <summary>
    /// What keeps a plan from depending on luck: a table that grew from empty has no statistics, and a plan once made for it stays.
    /// Statements of the pipelines reach every row by its key, so a nested loop over an index is right at any size.
    /// </summary>
    private const string ByKeysOnly = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";

    /// <param name="connectionString">The configured login's.</param>
    /// <param name="service">Whose database it is.</param>
    /// <param name="role">Under which the service works, see <see cref="ServiceRole"/>; null for the login itself.</param>
    public static NpgsqlDataSource Open(string connectionString, string service, string? role = null) =>
        Open(connectionString, service, settings => WorkAs(role, settings));

    /// <summary>For the transactions of a pipeline: few connections, whose statements reach their rows by keys.</summary>
    public static NpgsqlDataSource OpenForBatches(string connectionString, string service, string? role = null) => Open(connectionString, $"{service}-batches", settings =>
    {
        settings.Options = $"{settings.Options} {ByKeysOnly}".TrimStart();
        WorkAs(role, settings);
    });

    /// <summary>For what only the owner of the tables can do.</summary>
    public static NpgsqlDataSource OpenForOwner(string connectionString, string service) =>
        Open(connectionString, $"{service}-owner", settings => settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, 16));

    /// <summary>
    /// A connection takes the role when it is made. Whether it outlasts a reset is PostgreSQL's affair, and there is nothing to reset:
    /// nothing that services do with a connection outlives its transaction.
    /// </summary>
    private static void WorkAs(string? role, NpgsqlConnectionStringBuilder settings)
    {
        settings.NoResetOnClose = true;
        if (role is not null)
        {
            var escaped = role.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(" ", @"\ ", StringComparison.Ordinal);
            settings.Options = $"{settings.Options} -c role={escaped}".TrimStart();
        }
    }

    private static NpgsqlDataSource Open(string connectionString, string service, Action<NpgsqlConnectionStringBuilder> adjust)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrWhiteSpace(settings.Host))
                throw new StartupException($"The connection string of the {service} database names no Host.");

            settings.ApplicationName ??= $"laurel-{service}";
            settings.Timeout = settings.Timeout is 0 or > 5 ? 5 : settings.Timeout;
            settings.CommandTimeout = settings.CommandTimeout is 0 or > 15 ? 15 : settings.CommandTimeout;
            settings.MaxAutoPrepare = 100;
            settings.AutoPrepareMinUsages = 2;
            settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, 32);
            // What PostgreSQL writes of times into JSON has no zone of a server's in it.
            // The server gives up before the client does, so that nobody works for an answer that no one awaits.
            // A process that stands still in the middle of a transaction loses it before those who wait for its rows give up.
            settings.Options = $"{settings.Options} -c timezone=UTC -c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=3s".TrimStart();
            adjust(settings);
            return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = service }.Build();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new StartupException($"The connection string of the {service} database cannot be read: {Reason(exception)}.", exception);
        }
    }

    /// <summary>One connection, or one clear sentence.</summary>
    public static async Task MustAnswer(NpgsqlDataSource database, string service, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            if (connection.PostgreSqlVersion.Major < 15)
                throw new StartupException($"The {service} database runs PostgreSQL {connection.PostgreSqlVersion}; Laurel needs 15 or newer.");
        }
        catch (PostgresException exception)
        {
            throw new StartupException($"The {service} database refuses the connection: {exception.MessageText}.", exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            throw new StartupException($"The {service} database at {settings.Host}:{settings.Port} cannot be reached: {exception.InnerException?.Message ?? exception.Message}.", exception);
        }
    }

    /// <summary>Without the name of the parameter, which means something to programmers alone.</summary>
    private static string Reason(Exception exception) => exception.Message.Split(" (Parameter", 2)[0].TrimEnd('.');
}

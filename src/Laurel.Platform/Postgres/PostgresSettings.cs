using System.Globalization;

namespace Laurel.Platform.Postgres;

/// <summary>
/// PostgreSQL's settings, fitted to the machine and written anew before each start, so that a new version of Laurel brings its own.
/// </summary>
internal static class PostgresSettings
{
    private const string SettingsFile = "laurel.conf";
    private const long Megabyte = 1024 * 1024;

    /// <summary>Once per cluster: what stands in our file overrules what initdb wrote.</summary>
    public static void Include(string clusterFolder) =>
        File.AppendAllText(Path.Combine(clusterFolder, "postgresql.conf"), $"\ninclude '{SettingsFile}'\n");

    public static void Write(string clusterFolder, string socketFolder, EmbeddedPostgresOptions options)
    {
        Replace(Path.Combine(clusterFolder, SettingsFile), Settings(socketFolder, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, options));
        // The superuser cannot log in at all; whoever reaches the socket still needs the password.
        Replace(Path.Combine(clusterFolder, "pg_hba.conf"), $"local all {Cluster.Role} scram-sha-256\n");
    }

    internal static string Settings(string socketFolder, long memory, EmbeddedPostgresOptions options)
    {
        var sharedBuffers = Math.Clamp(memory / 8 / Megabyte, 32, 1024);
        var cache = Math.Max(memory / 2 / Megabyte, sharedBuffers);
        var settings = string.Create(CultureInfo.InvariantCulture, $"""
            # Written by Laurel at each start.
            listen_addresses = ''
            port = {SocketFolder.Port}
            unix_socket_directories = '{socketFolder}'
            unix_socket_permissions = 0700
            password_encryption = 'scram-sha-256'
            max_connections = {options.MaxConnections}

            shared_buffers = '{sharedBuffers}MB'
            effective_cache_size = '{cache}MB'
            work_mem = '8MB'
            maintenance_work_mem = '64MB'
            random_page_cost = 1.1
            # Compiling costs more than the short statements of Laurel take.
            jit = off

            max_wal_size = '2GB'
            checkpoint_timeout = '15min'
            checkpoint_completion_target = 0.9
            wal_compression = on

            # Tables that grow quickly from nothing need their statistics soon.
            autovacuum_naptime = '15s'
            autovacuum_vacuum_scale_factor = 0.05
            autovacuum_vacuum_insert_scale_factor = 0.05
            autovacuum_analyze_scale_factor = 0.02

            timezone = 'UTC'
            log_timezone = 'UTC'
            lc_messages = 'C'
            log_line_prefix = '%m [%p] '
            log_checkpoints = off
            log_lock_waits = on
            log_min_duration_statement = '1s'
            # Neither parameters nor the rows that an error's details quote: they are personal data.
            log_parameter_max_length = 0
            log_error_verbosity = terse

            """);
        return options.Fsync ? settings : settings + """

            fsync = off
            full_page_writes = off

            """;
    }

    /// <summary>A new file, not the old one written over: the old one may belong to another account.</summary>
    private static void Replace(string file, string content)
    {
        File.Delete(file);
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}

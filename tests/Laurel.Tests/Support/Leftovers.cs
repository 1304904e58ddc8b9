using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>What a Laurel that has ended must not leave in its data folder.</summary>
internal static class Leftovers
{
    /// <summary>No PostgreSQL and no other process at work in the folder, no socket, nothing half-made.</summary>
    public static async Task None(TemporaryFolder folder)
    {
        Assert.Null(await Postmaster.Running(folder["cluster"]));
        // A session of PostgreSQL needs a moment to notice that its server is gone.
        await Eventually.True(() => Task.FromResult(ProcessesIn(folder.Path).Count == 0));
        Assert.False(Path.Exists(folder["run"]), "The socket's folder is left.");
        Assert.Empty(Directory.EnumerateDirectories(folder.Path, "*.new*"));
    }

    internal static List<string> ProcessesIn(string folder) => OperatingSystem.IsLinux()
        ? [.. Directory.EnumerateDirectories("/proc").Where(process => int.TryParse(Path.GetFileName(process), out _) && WorksIn(process, folder))]
        : [];

    private static bool WorksIn(string process, string folder)
    {
        try
        {
            return Directory.ResolveLinkTarget(Path.Combine(process, "cwd"), returnFinalTarget: false)?.FullName.StartsWith(folder, StringComparison.Ordinal) == true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

using System.Globalization;

namespace Laurel.Platform.Postgres;

/// <summary>PostgreSQL's first process, as the pid file in the cluster's folder names it.</summary>
internal sealed record Postmaster(int Pid, string? SocketFolder)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <returns>Null when no PostgreSQL runs in this folder, whatever a pid file left there may say.</returns>
    public static async Task<Postmaster?> Running(string clusterFolder)
    {
        if (Read(clusterFolder) is not [var first, .. var others] || !int.TryParse(first, CultureInfo.InvariantCulture, out var pid))
            return null;
        // The pid of PostgreSQL's single-user mode stands there as a negative number.
        var found = new Postmaster(Math.Abs(pid), others is [_, _, _, { Length: > 0 } socketFolder, ..] ? socketFolder : null);
        return await found.Runs(clusterFolder) ? found : null;
    }

    /// <summary>
    /// Makes a pid file that an earlier PostgreSQL left behind harmless: its number may belong to an innocent process by now, and
    /// PostgreSQL would refuse to start. The file itself stays, for by its other lines PostgreSQL knows whether a part of its
    /// predecessor is still at work.
    /// </summary>
    public static void DisownLeftPidFile(string clusterFolder)
    {
        const string nobodysPid = "2147483647";
        switch (Read(clusterFolder))
        {
            case []:
                File.Delete(PidFile(clusterFolder));
                break;
            case [_, .. var others]:
                File.WriteAllLines(PidFile(clusterFolder), [nobodysPid, .. others]);
                break;
        }
    }

    /// <summary>Ends it: its sessions are cut off and its data are left clean or, when that takes too long, to be recovered.</summary>
    public async Task<bool> Stop(string clusterFolder)
    {
        Libc.Signal(Pid, Libc.SigInt);
        if (await IsGone(clusterFolder, TimeSpan.FromSeconds(30)))
            return true;
        Libc.Signal(Pid, Libc.SigQuit);
        return await IsGone(clusterFolder, TimeSpan.FromSeconds(15));
    }

    private async Task<bool> IsGone(string clusterFolder, TimeSpan limit)
    {
        var deadline = Deadline.In(limit);
        while (await Runs(clusterFolder))
        {
            if (deadline.IsOver)
                return false;
            await Task.Delay(Pause);
        }
        return true;
    }

    /// <summary>Whether the process with our pid is a PostgreSQL, and of this very folder: a number alone proves nothing.</summary>
    private async Task<bool> Runs(string clusterFolder)
    {
        if (OperatingSystem.IsLinux())
        {
            return Command().Split('\0') is [var program, .. var arguments] && Path.GetFileName(program) == "postgres"
                && (arguments.Contains(clusterFolder) || WorkingFolder() == clusterFolder);
        }
        var ps = await Tool.Run(new("/bin/ps", "-o", "command=", "-p", Pid.ToString(CultureInfo.InvariantCulture)), CancellationToken.None);
        return ps.Output.Contains("/postgres -", StringComparison.Ordinal) && ps.Output.Contains($"-D {clusterFolder}", StringComparison.Ordinal);
    }

    /// <returns>Nothing for a process that is gone, or has ended and waits for its parent to take note.</returns>
    private string Command()
    {
        try
        {
            return File.ReadAllText($"/proc/{Pid}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Where the process works: the same folder, also when it had another name as the process started.</summary>
    private string? WorkingFolder()
    {
        try
        {
            return new FileInfo($"/proc/{Pid}/cwd").LinkTarget;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[]? Read(string clusterFolder)
    {
        try
        {
            return File.ReadAllLines(PidFile(clusterFolder));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string PidFile(string clusterFolder) => Path.Combine(clusterFolder, "postmaster.pid");
}

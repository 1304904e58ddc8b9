using System.Security.Cryptography;

namespace Laurel.Platform.Postgres;

/// <summary>Where the database's files lie, and as whom PostgreSQL must run to reach them (null: as we do).</summary>
internal sealed record PostgresHome(string Folder, UnixAccount? Account)
{
    public void MakeFolder(string folder)
    {
        if (Account is null)
            Directory.CreateDirectory(folder, DataFolder.Private);
        else
            Account.MakeFolder(folder);
    }
}

/// <summary>The folder that whoever starts Laurel names, and the place of the database in it, or outside of it when it must be.</summary>
internal static class DataFolder
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Others may pass through, without seeing what is there.</summary>
    private const UnixFileMode Passage = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Where root keeps what PostgreSQL's account cannot reach at its proper place.</summary>
    private const string Elsewhere = "/var/lib/laurel";

    public static string Make(string dataDir)
    {
        if (OperatingSystem.IsWindows())
            throw new StartupException("On Windows, Laurel has no PostgreSQL of its own: set ConnectionStrings__Auth and ConnectionStrings__Events to a PostgreSQL 15 or newer.");
        dataDir = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataDir));
        if (dataDir.AsSpan().IndexOfAny("\"$`\\\n") is >= 0 and var odd)
            throw new StartupException($"PostgreSQL's tools cannot work in {dataDir}, because of the character {dataDir[odd]} in it. Choose another folder with Laurel__DataDir.");
        try
        {
            MakeOwn(dataDir);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The folder {dataDir} cannot be made: {failure.Message} Choose another with Laurel__DataDir.", failure);
        }
        return dataDir;
    }

    public static StartupException OfAnotherUser(string folder, Exception? inner = null) => new(
        $"{folder} holds files of another user. Start Laurel as that user, or choose another folder with Laurel__DataDir.", inner);

    /// <summary>
    /// Removes what was given up half-made. A child of a killed process may still be writing to it: it fails soon, for want of what
    /// has been removed already, so this tries for a while; what it cannot remove then is left to the next start.
    /// </summary>
    public static async Task RemoveHalfMade(string folder)
    {
        var patience = Deadline.In(TimeSpan.FromSeconds(1));
        while (Directory.Exists(folder) && !patience.IsOver)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(20);
            }
        }
    }

    /// <returns>Null when there is no database yet.</returns>
    public static PostgresHome? FindHome(string dataDir)
    {
        var folder = MovedTo(dataDir) ?? dataDir;
        var cluster = Path.Combine(folder, Cluster.Name);
        if (!Directory.Exists(cluster))
            return null;
        return new PostgresHome(folder, Environment.IsPrivilegedProcess ? UnixAccount.OwnerOf(cluster) ?? UnixAccount.ForNewDatabases() : null);
    }

    /// <summary>The place of the database that there is, or else a place for a new one.</summary>
    public static async Task<PostgresHome> ResolveHome(string dataDir, Action<string> progress, CancellationToken cancellation)
    {
        var home = FindHome(dataDir);
        if (home is null && !Environment.IsPrivilegedProcess)
            return new PostgresHome(dataDir, Account: null);

        if (home is null)
        {
            var account = UnixAccount.ForNewDatabases();
            home = new PostgresHome(MovedTo(dataDir) ?? await PlaceFor(account, dataDir, cancellation), account);
        }
        if (home.Folder == dataDir)
            return home;
        MakeOwn(home.Folder);
        progress($"keeping the database in {home.Folder}, since {dataDir} lies where '{home.Account?.Name}', as whom PostgreSQL runs, may not enter");
        return home;
    }

    /// <summary>The folder itself, or one that the account can reach in its stead.</summary>
    public static async Task<string> ReachableBinaries(UnixAccount? account, string folder, CancellationToken cancellation)
    {
        MakeOwn(folder);
        if (account is null || await account.CanEnter(folder, cancellation))
            return folder;
        MakeOwn(Elsewhere);
        return Elsewhere;
    }

    private static async Task<string> PlaceFor(UnixAccount account, string dataDir, CancellationToken cancellation)
    {
        if (await account.CanEnter(dataDir, cancellation))
            return dataDir;

        // Drawn by lot, not derived from the data folder's name: whoever deletes the data folder expects an empty database next.
        var folder = Path.Combine(Elsewhere, RandomNumberGenerator.GetHexString(12, lowercase: true));
        MakeOwn(Elsewhere);
        MakeOwn(folder);
        var unfinished = MovedFile(dataDir) + ".new";
        await File.WriteAllTextAsync(unfinished, folder, cancellation);
        File.Move(unfinished, MovedFile(dataDir), overwrite: true);
        return folder;
    }

    private static void MakeOwn(string folder)
    {
        if (Directory.Exists(folder))
            return;
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Environment.IsPrivilegedProcess ? Passage : Private);
    }

    private static string? MovedTo(string dataDir)
    {
        if (!File.Exists(MovedFile(dataDir)))
            return null;
        return Environment.IsPrivilegedProcess ? File.ReadAllText(MovedFile(dataDir)) : throw OfAnotherUser(dataDir);
    }

    private static string MovedFile(string dataDir) => Path.Combine(dataDir, "postgres.moved");
}

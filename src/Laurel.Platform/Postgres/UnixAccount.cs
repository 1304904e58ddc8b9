using System.Formats.Tar;
using System.Globalization;

namespace Laurel.Platform.Postgres;

/// <summary>The user as whom PostgreSQL runs when this process is root, since PostgreSQL refuses to run as root.</summary>
internal sealed record UnixAccount(string Name, uint User, uint Group)
{
    private static readonly string[] Candidates = ["postgres", "_postgres", "nobody"];

    /// <summary>
    /// The account that the machine's own packages made for PostgreSQL, where there is one: nothing but PostgreSQL runs as it. Else
    /// `nobody`, which every Unix has; a user of our own would have to be added to the machine, which is not ours to do.
    /// </summary>
    public static UnixAccount ForNewDatabases()
    {
        return Candidates.Select(Named).FirstOrDefault(account => account is not null)
            ?? throw new StartupException("PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it as. Start Laurel as an ordinary user.");
    }

    public static UnixAccount? Named(string name) => All().FirstOrDefault(account => account.Name == name);

    /// <returns>Null for root itself.</returns>
    public static UnixAccount? OwnerOf(string folder)
    {
        // .NET tells a file's owner only through an archive's entry.
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
            writer.WriteEntry(folder, "folder");
        archive.Position = 0;
        using var reader = new TarReader(archive);
        var user = (uint)reader.GetNextEntry()!.Uid;
        if (user == 0)
            return null;
        return All().FirstOrDefault(account => account.User == user)
            ?? throw new StartupException($"{folder} belongs to user {user}, who is not in /etc/passwd. Start Laurel as that user, or choose another folder with Laurel__DataDir.");
    }

    /// <summary>Makes the folder, private to this account.</summary>
    public void MakeFolder(string folder)
    {
        Directory.CreateDirectory(folder, DataFolder.Private);
        Libc.ChangeOwner(folder, User, Group);
    }

    /// <summary>Gives the account a folder with all that it holds.</summary>
    public void TakeOver(string folder)
    {
        var links = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder, "*", links))
            Libc.ChangeOwner(entry, User, Group);
        Libc.ChangeOwner(folder, User, Group);
    }

    public async Task<bool> CanEnter(string folder, CancellationToken cancellation)
    {
        try
        {
            return (await Tool.Run(new("/bin/sh", "-c", "cd -- \"$0\"", folder) { Account = this }, cancellation)).Succeeded;
        }
        catch (ToolException refused)
        {
            throw new StartupException(
                $"PostgreSQL refuses to run as root, and root cannot become '{Name}' here ({refused.Message}). Start Laurel as an ordinary user.", refused);
        }
    }

    private static List<UnixAccount> All()
    {
        const string accounts = "/etc/passwd";
        List<UnixAccount> all = [];
        foreach (var line in File.Exists(accounts) ? File.ReadLines(accounts) : [])
        {
            if (line.Split(':') is [var name, _, var user, var group, ..] && uint.TryParse(user, CultureInfo.InvariantCulture, out var userId)
                && uint.TryParse(group, CultureInfo.InvariantCulture, out var groupId))
                all.Add(new UnixAccount(name, userId, groupId));
        }
        return all;
    }
}

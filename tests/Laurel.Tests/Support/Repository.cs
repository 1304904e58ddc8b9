namespace Laurel.Tests.Support;

internal static class Repository
{
    /// <summary>The folder of the solution, found from where the tests were built.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>What `dotnet run` keeps here: among other things, the programs of PostgreSQL.</summary>
    public static string LaurelFolder { get; } = Path.Combine(Root, ".laurel");

    private static string Find(DirectoryInfo? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Laurel.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"There is no Laurel.slnx above {AppContext.BaseDirectory}.");
    }
}

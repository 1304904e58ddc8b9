namespace Laurel.Bench;

internal static class Places
{
    /// <summary>The repository that this tool was built in.</summary>
    public static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Laurel.slnx")))
                folder = folder.Parent;
            return folder?.FullName ?? throw new BenchException("This tool runs out of the repository that it was built in.");
        }
    }
}

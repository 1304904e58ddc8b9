namespace Laurel.Platform.Postgres;

/// <summary>Where on the machine programs are looked for.</summary>
/// <param name="Path">The folders of the PATH.</param>
/// <param name="Places">Folders outside of it where packages put PostgreSQL; one `*` may stand for a part of a name.</param>
internal sealed record PostgresSearch(IReadOnlyList<string> Path, IReadOnlyList<string> Places)
{
    public static PostgresSearch OfThisMachine() => new(
        Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries).Where(System.IO.Path.IsPathRooted).ToList() ?? [],
        [
            "/usr/lib/postgresql/*/bin", // Debian
            "/usr/pgsql-*/bin", // PostgreSQL's own packages for Red Hat
            "/usr/libexec/postgresql*", // Alpine
            "/usr/local/pgsql/bin", // built from source
            "/opt/homebrew/opt/postgresql@*/bin", // Homebrew on ARM
            "/usr/local/opt/postgresql@*/bin", // Homebrew on Intel
            "/Applications/Postgres.app/Contents/Versions/*/bin",
        ]);

    public string? Program(string name) => Path.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public async Task<IReadOnlyList<PostgresBinaries>> Installed(CancellationToken cancellation)
    {
        List<PostgresBinaries> found = [];
        foreach (var folder in Path.Concat(Places.SelectMany(Expand)).Distinct(StringComparer.Ordinal))
        {
            if (await PostgresBinaries.TryIn(folder, cancellation) is { } binaries)
                found.Add(binaries);
        }
        return found;
    }

    private static IEnumerable<string> Expand(string place)
    {
        if (!place.Contains('*', StringComparison.Ordinal))
            return [place];
        var parts = place.Split('/');
        var star = Array.FindIndex(parts, static part => part.Contains('*', StringComparison.Ordinal));
        var parent = string.Join('/', parts[..star]);
        return Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent, parts[star]).Select(folder => string.Join('/', [folder, .. parts[(star + 1)..]]))
            : [];
    }
}

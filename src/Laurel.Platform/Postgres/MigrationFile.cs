using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Laurel.Platform.Postgres;

/// <summary>One numbered SQL file of a service: <c>Migrations/0001_accounts.sql</c>, embedded in its assembly.</summary>
internal sealed record MigrationFile(int Number, string Name, string Sql)
{
    private const string Folder = ".Migrations.";
    private const int Digits = 4;

    /// <summary>Of the text with line feeds alone, so that a checkout with other line endings is the same file.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    /// <summary>All of an assembly, in order; their numbers run from 1 without a gap.</summary>
    public static IReadOnlyList<MigrationFile> AllOf(Assembly assembly)
    {
        var files = assembly.GetManifestResourceNames()
            .Where(resource => resource.Contains(Folder, StringComparison.Ordinal) && resource.EndsWith(".sql", StringComparison.Ordinal))
            .Select(resource => Read(assembly, resource))
            .OrderBy(file => file.Number).ThenBy(file => file.Name, StringComparer.Ordinal)
            .ToList();
        for (var i = 0; i < files.Count; i++)
        {
            if (i > 0 && files[i].Number == files[i - 1].Number)
                throw new StartupException($"Two migrations have the number {files[i].Number}: {files[i - 1].Name} and {files[i].Name}.");
            if (files[i].Number != i + 1)
                throw new StartupException($"Migration {i + 1} is missing: the next one is {files[i].Name}.");
        }
        return files;
    }

    private static MigrationFile Read(Assembly assembly, string resource)
    {
        var name = resource[(resource.LastIndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..];
        if (name.Length <= Digits || name[Digits] != '_' || !int.TryParse(name.AsSpan(0, Digits), NumberStyles.None, null, out var number) || number < 1)
            throw new StartupException($"The migration {name} is not named like 0001_accounts.sql.");
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return new MigrationFile(number, name, reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal));
    }
}

using System.Security.Cryptography;
using Laurel.Platform;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>A folder for one test or, as a class fixture, for one class; gone at its end together with the PostgreSQL in it.</summary>
public sealed class TemporaryFolder : IAsyncDisposable
{
    private const string Prefix = "laurel-test-";

    public TemporaryFolder()
        : this("")
    {
    }

    private TemporaryFolder(string name) =>
        Path = DataFolder.Make(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{Prefix}{name}{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static TemporaryFolder Named(string name) => new(name);

    /// <summary>Removes what tests of killed runs have left: no test takes an hour, so what is older belongs to none.</summary>
    public static async Task RemoveLeft()
    {
        foreach (var folder in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), $"{Prefix}*"))
        {
            if (TimeProvider.System.GetUtcNow() - new DateTimeOffset(Directory.GetLastWriteTimeUtc(folder)) < TimeSpan.FromHours(1))
                continue;
            try
            {
                await Remove(folder);
            }
            catch (StartupException)
            {
                // It belongs to another user, who will remove it.
            }
        }
    }

    public async ValueTask DisposeAsync() => await Remove(Path);

    private static async Task Remove(string folder)
    {
        await EmbeddedPostgres.Delete(folder);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

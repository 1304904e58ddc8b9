using System.Security.Cryptography;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>A folder for one test or, as a class fixture, for one class; gone at its end together with the PostgreSQL in it.</summary>
public sealed class TemporaryFolder : IAsyncDisposable
{
    public TemporaryFolder()
        : this("laurel-test")
    {
    }

    private TemporaryFolder(string name) =>
        Path = DataFolder.Make(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static TemporaryFolder Named(string name) => new(name);

    public async ValueTask DisposeAsync()
    {
        await EmbeddedPostgres.Delete(Path);
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}

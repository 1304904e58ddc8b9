using System.Security.Cryptography;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>A folder for one test, gone at its end together with the PostgreSQL in it.</summary>
internal sealed class TemporaryFolder : IAsyncDisposable
{
    /// <param name="name">What the last part of the path is to begin with.</param>
    public TemporaryFolder(string name = "laurel-test") =>
        Path = DataFolder.Make(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public async ValueTask DisposeAsync()
    {
        await EmbeddedPostgres.Delete(Path);
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}

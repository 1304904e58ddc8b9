using System.Security.Cryptography;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>A folder for one test run. What killed runs left behind is known by its lock, which nobody holds any more.</summary>
internal sealed class TestRunFolder : IAsyncDisposable
{
    private readonly string _folder;
    private readonly FolderLock _lock;

    private TestRunFolder(string folder, FolderLock held) => (_folder, _lock) = (folder, held);

    public string DataDir => Path.Combine(_folder, "data");

    public static async Task<TestRunFolder> Take()
    {
        var runs = DataFolder.Make(Path.Combine(DataFolder.Make(Repository.LaurelFolder), "tests"));
        FolderLock? turn;
        while ((turn = FolderLock.TryTake(runs)) is null)
            await Task.Delay(50);

        // One run at a time, so that none takes another's folder for a leftover before its lock is held.
        using (turn)
        {
            foreach (var left in Directory.EnumerateDirectories(runs, "run-*"))
            {
                if (FolderLock.TryTake(left) is { } abandoned)
                    await new TestRunFolder(left, abandoned).DisposeAsync();
            }
            await TemporaryFolder.RemoveLeft();
            var folder = DataFolder.Make(Path.Combine(runs, $"run-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));
            return new TestRunFolder(folder, FolderLock.TryTake(folder)!);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EmbeddedPostgres.Delete(DataDir);
        Directory.Delete(_folder, recursive: true);
        _lock.Dispose();
    }

}

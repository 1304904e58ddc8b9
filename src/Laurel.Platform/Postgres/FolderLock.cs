using System.Globalization;

namespace Laurel.Platform.Postgres;

/// <summary>The right to a folder. The operating system takes it back when the process dies, however it dies.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _lock;

    private FolderLock(FileStream held) => _lock = held;

    /// <returns>Null while another process, or another part of this one, holds it.</returns>
    public static FolderLock? TryTake(string folder, string name = "laurel")
    {
        FileStream? held = null;
        try
        {
            // FileShare.None is flock(2) on Unix. The file itself stays for ever: whoever deleted it would let two owners in.
            held = new FileStream(Path.Combine(folder, name + ".lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            });
            // Beside the lock, not in it, since nobody else can open a locked file, even for reading.
            var pidFile = Path.Combine(folder, name + ".pid");
            File.WriteAllText(pidFile + ".new", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            File.Move(pidFile + ".new", pidFile, overwrite: true);
            return new FolderLock(held);
        }
        catch (IOException conflict) when (held is null && conflict.HResult is 11 or 35) // EWOULDBLOCK of Linux, of macOS.
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw failure is UnauthorizedAccessException
                ? DataFolder.OfAnotherUser(folder, failure)
                : new StartupException($"{folder} cannot be used: {failure.Message} Choose another folder with Laurel__DataDir.", failure);
        }
    }

    /// <summary>" (process 123)", to be put into a sentence about who holds the lock, or nothing when that cannot be told.</summary>
    public static string Holder(string folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(folder, "laurel.pid")), out var pid) ? $" (process {pid})" : "";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void Dispose() => _lock.Dispose();
}

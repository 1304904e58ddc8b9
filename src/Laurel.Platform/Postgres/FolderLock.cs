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
        try
        {
            // FileShare.None is flock(2) on Unix. The file itself stays for ever: whoever deleted it would let two owners in.
            var held = new FileStream(Path.Combine(folder, name + ".lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            });
            // Beside the lock, not in it, since nobody else can open a locked file, even for reading.
            File.WriteAllText(Path.Combine(folder, name + ".pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new FolderLock(held);
        }
        catch (IOException conflict) when (conflict.HResult is 11 or 35) // EWOULDBLOCK of Linux, of macOS.
        {
            return null;
        }
        catch (UnauthorizedAccessException refused)
        {
            throw DataFolder.OfAnotherUser(folder, refused);
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

using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Laurel.Platform.Postgres;

/// <summary>The few calls of Unix that .NET has no name for. None is variadic in a way that matters: Apple's ARM passes such arguments differently.</summary>
internal static partial class Libc
{
    public const int SigInt = 2;
    public const int SigTerm = 15;
    public const int SigQuit = 3;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChown(string path, uint user, uint group);

    /// <summary>Around a rename: after a power cut, the final name must not stand for empty files.</summary>
    [LibraryImport("libc", EntryPoint = "sync")]
    public static partial void Sync();

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoControl(int descriptor, nuint request);

    /// <summary>A process that is gone already needs no signal, so the outcome is not looked at.</summary>
    public static void Signal(int pid, int signal) => _ = Kill(pid, signal);

    /// <summary>Never follows a symbolic link: what it points at is not ours to give away.</summary>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (LChown(path, user, group) != 0)
            throw new IOException($"{path} cannot be given to user {user}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <summary>
    /// Keeps what this process inherited, beyond its standard streams, from its children: PostgreSQL may outlive us, and whoever
    /// waits for the end of a pipe that they gave to us would wait for PostgreSQL's end. What .NET opens is not inherited anyway.
    /// </summary>
    public static void KeepInheritedHandlesFromChildren()
    {
        const nuint closeOnExecLinux = 0x5451, closeOnExecMac = 0x20006601; // FIOCLEX
        foreach (var entry in Directory.EnumerateFileSystemEntries("/dev/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), out var descriptor) && descriptor > 2)
                _ = IoControl(descriptor, OperatingSystem.IsMacOS() ? closeOnExecMac : closeOnExecLinux);
        }
    }
}

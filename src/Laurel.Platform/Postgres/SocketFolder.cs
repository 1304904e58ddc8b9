using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Laurel.Platform.Postgres;

/// <summary>
/// Where PostgreSQL's socket lies: `run` in the database's home, or, where that name is too long or too odd for a socket, a
/// folder below /tmp that `run` points to. Either is for PostgreSQL's own account alone, and each start makes it anew.
/// </summary>
internal static class SocketFolder
{
    /// <summary>Part of the socket's file name; nothing listens on TCP.</summary>
    public const int Port = 5432;

    private static readonly string SocketFile = $".s.PGSQL.{Port}";

    /// <summary>The shortest limit of the systems that we run on (macOS), less the closing zero.</summary>
    private const int LongestAddress = 103;

    /// <summary>A comma would mean a list of folders to PostgreSQL, and of hosts to Npgsql.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+");

    public static string Make(PostgresHome home)
    {
        Remove(home);
        var folder = RunFolder(home);
        if (folder.AsSpan().ContainsAnyExcept(Plain) || Encoding.UTF8.GetByteCount(Path.Combine(folder, SocketFile)) > LongestAddress)
        {
            // Nobody can have taken a name that nobody can guess.
            var substitute = Path.Combine("/tmp", $"laurel-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
            Directory.CreateSymbolicLink(folder, substitute);
            folder = substitute;
        }
        home.MakeFolder(folder);
        return folder;
    }

    public static void Remove(PostgresHome home)
    {
        var run = new DirectoryInfo(RunFolder(home));
        var folder = run.LinkTarget ?? run.FullName;
        if (Directory.Exists(folder))
        {
            File.Delete(Path.Combine(folder, SocketFile));
            File.Delete(Path.Combine(folder, SocketFile + ".lock"));
            Directory.Delete(folder);
        }
        if (run.LinkTarget is not null)
            File.Delete(run.FullName);
    }

    private static string RunFolder(PostgresHome home) => Path.Combine(home.Folder, "run");
}

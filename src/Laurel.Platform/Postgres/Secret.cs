using System.Security.Cryptography;

namespace Laurel.Platform.Postgres;

/// <summary>The password of the database's only login, kept in the data folder for its owner alone.</summary>
internal static class Secret
{
    public static string New() => RandomNumberGenerator.GetHexString(48, lowercase: true);

    /// <returns>Null when there is none, or when a power cut has left the file empty.</returns>
    public static string? Read(string dataDir) => File.Exists(PathIn(dataDir)) && File.ReadAllText(PathIn(dataDir)) is { Length: > 0 } password ? password : null;

    public static void Write(string dataDir, string password)
    {
        var unfinished = PathIn(dataDir) + ".new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new StreamWriter(unfinished, options))
            file.Write(password);
        File.Move(unfinished, PathIn(dataDir), overwrite: true);
    }

    private static string PathIn(string dataDir) => Path.Combine(dataDir, "postgres.password");
}

using System.Security.Cryptography;
using System.Text;

namespace Laurel.Platform.Secrets;

/// <summary>
/// Where the master key comes from: the configuration, or a file in the data folder that the first start makes.
/// Processes that share a database share the key, so a deployment of several machines configures it.
/// </summary>
public static class MasterKey
{
    public const string FileName = "master.key";

    public static SecretBox Load(string? configured, string dataDir)
    {
        if (!string.IsNullOrWhiteSpace(configured))
            return new SecretBox(Decode(configured, "Laurel__MasterKey"));

        var path = Path.Combine(dataDir, FileName);
        try
        {
            Directory.CreateDirectory(dataDir);
            if (!File.Exists(path))
                Create(path);
            return new SecretBox(Decode(File.ReadAllText(path), path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The master key {path} cannot be read: {exception.Message}", exception);
        }
    }

    private static void Create(string path)
    {
        // Written aside and linked into place, so that a kill half-way leaves no half key and two starts at once agree on one.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        var aside = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        using (var file = new FileStream(aside, options))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBox.KeyLength)) + "\n"));
            // The database that is sealed with it survives a power cut, and so must the key.
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(aside, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(aside);
        }
    }

    private static byte[] Decode(string text, string source)
    {
        var key = new byte[SecretBox.KeyLength];
        return Convert.TryFromBase64String(text.Trim(), key, out var length) && length == SecretBox.KeyLength
            ? key
            : throw new StartupException($"{source} is no master key: it must be {SecretBox.KeyLength} random bytes in base64, for example from `openssl rand -base64 {SecretBox.KeyLength}`.");
    }
}

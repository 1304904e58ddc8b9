using System.Text.Json;

namespace GameServer;

/// <summary>How the game speaks to Laurel: what `setup` has written. It holds secrets, so nobody else may read it.</summary>
internal sealed record Settings(Uri Laurel, string ClientId, string ClientSecret, string? WebhookSecret)
{
    public static Settings? Read(string folder)
    {
        var path = PathIn(folder);
        return File.Exists(path) ? JsonSerializer.Deserialize<Settings>(File.ReadAllText(path)) : null;
    }

    public void Write(string folder)
    {
        File.Delete(PathIn(folder));
        var mine = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            mine.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(PathIn(folder), mine);
        JsonSerializer.Serialize(file, this);
    }

    private static string PathIn(string folder) => Path.Combine(folder, "settings.json");
}

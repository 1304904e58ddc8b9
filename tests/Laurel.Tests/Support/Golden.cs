namespace Laurel.Tests.Support;

/// <summary>
/// A file of the repository that has to be what the code makes. With <c>LAUREL_ACCEPT=1</c> the test writes it anew, for review.
/// </summary>
internal static class Golden
{
    public static async Task Check(string path, string made)
    {
        var file = Path.Combine(Repository.Root, path);
        if (Environment.GetEnvironmentVariable("LAUREL_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, made, TestContext.Current.CancellationToken);
            return;
        }

        Assert.True(File.Exists(file), $"{path} is missing. LAUREL_ACCEPT=1 dotnet test writes it.");
        var committed = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        var difference = committed.Split('\n').Zip(made.Split('\n')).Select((pair, at) => (pair, at)).FirstOrDefault(line => line.pair.First != line.pair.Second);
        Assert.True(
            committed == made,
            $"{path} is not what the code makes, from line {difference.at + 1} on:\n- {difference.pair.First}\n+ {difference.pair.Second}\nIf the change is meant, LAUREL_ACCEPT=1 dotnet test writes the file.");
    }
}

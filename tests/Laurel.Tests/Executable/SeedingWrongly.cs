using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

/// <summary>On databases that have no demo: where there is one, nothing is looked at any more.</summary>
public sealed class SeedingWrongly(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static readonly (string, string)[] Development = [("DOTNET_ENVIRONMENT", "Development")];

    [Theory]
    [InlineData("--users", "--users", "0")]
    [InlineData("--users", "--users", "100001")]
    [InlineData("--users", "--users", "many")]
    [InlineData("--days", "--days", "0")]
    [InlineData("--days", "--days", "91")]
    [InlineData("e-mail", "--email", "nobody")]
    [InlineData("password", "--password-stdin")]
    [InlineData("--fast", "--fast")]
    public async Task Wrong_arguments_are_named_and_nothing_is_made(string named, params string[] arguments)
    {
        await using var folder = new TemporaryFolder();
        // What is looked at before a database is opened needs none; the others need not start one.
        var databases = new[] { "ConnectionStrings:Auth", "ConnectionStrings:Events" }.Select(name => $"--{name}={app.Settings[name]}");
        var refused = (await LaurelProcess.Run(folder, Development, ["seed", .. arguments, .. databases])).Refused();

        Assert.Contains(named, refused, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(folder.Path), entry => Path.GetFileName(entry) != "master.key");
    }
}

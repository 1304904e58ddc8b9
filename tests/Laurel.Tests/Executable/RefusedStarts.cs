using System.Net;
using System.Net.Sockets;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Tests.Executable;

/// <summary>Whatever keeps Laurel from starting is told in one line, and leaves nothing behind.</summary>
public sealed class RefusedStarts(TestPostgres postgres, PreparedFolder prepared) : IClassFixture<PreparedFolder>
{
    private const string Nowhere = "Host=127.0.0.1;Port=1;Username=laurel;Password=guarded-word;Database=laurel";

    private TemporaryFolder Folder => prepared.Folder;

    [Theory]
    [InlineData("is no option", "bogus")]
    [InlineData("is no option", "--bogus")]
    [InlineData("is no option", "serve", "bogus")]
    [InlineData("is no option", "--url=http://127.0.0.1:0")]
    [InlineData("--urls", "serve", "--urls")]
    [InlineData("--email", "admin", "create")]
    [InlineData("laurel admin --help", "admin")]
    [InlineData("Laurel__DataDri", "--Laurel:DataDri=elsewhere")]
    [InlineData("has no value", "--Laurel:DataDir")]
    [InlineData("nonsense", "--urls", "nonsense")]
    [InlineData("99999", "--urls", "http://127.0.0.1:99999")]
    [InlineData("ftp", "--urls", "ftp://127.0.0.1:0")]
    [InlineData("Laurel__AdvertiseUrl", "--roles", "gateway,auth", "--urls", "http://*:0")]
    [InlineData("/base", "--urls", "http://127.0.0.1:0/base")]
    [InlineData("one address", "apart", "--url", "http://127.0.0.1:21000;http://127.0.0.1:21009")]
    [InlineData("the port 65535", "apart", "--url", "http://+:65535")]
    public async Task Arguments_that_mean_nothing(string named, params string[] arguments)
    {
        var line = (await LaurelProcess.Run(Folder, [], arguments)).Refused();

        Assert.Contains(named, line, StringComparison.Ordinal);
        await Leftovers.None(Folder);
    }

    [Theory]
    [InlineData("Laurel__Logs", "nonsense", "nonsense")]
    [InlineData("Laurel__Auth__PasswordIterations", "1", "210000")]
    [InlineData("Laurel__Auth__PasswordIterations", "many", "PasswordIterations")]
    [InlineData("Laurel__MasterKey", "bm90IDMyIGJ5dGVz", "Laurel__MasterKey")]
    [InlineData("Laurel__MasterKey", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "another master key")]
    [InlineData("Laurel__TrustedProxies__0", "nonsense", "nonsense")]
    [InlineData("Laurel__Issuers__0__Isuer", "anything", "Laurel__Issuers__0__Isuer")]
    [InlineData("Laurel__Issuers__0__Issuer", "https://id.example.com", "Laurel__Issuers__0__Jwks is missing")]
    [InlineData("Laurel__Issuers__0__Issuer", "laurel", "Laurel's own")]
    [InlineData("Laurel__Limits__AccountBurst", "-1", "burst")]
    [InlineData("Laurel__Limits__LoginPerSecond", "NaN", "rate")]
    [InlineData("Laurel__Limits__AtOnce", "all", "AtOnce")]
    [InlineData("Laurel__Admin__Pasword", "anything", "Laurel__Admin__Pasword")]
    [InlineData("Logging__LogLevel__Default", "Loud", "Loud")]
    public async Task Settings_that_cannot_be(string name, string value, string named)
    {
        await using var process = LaurelProcess.Serve(Folder, (name, value));
        var ended = await process.End();

        Assert.Contains(named, ended.Refused(), StringComparison.Ordinal);
        Assert.Empty(ended.Out);
        await Leftovers.None(Folder);
    }

    [Theory]
    [InlineData(Nowhere, Nowhere, "127.0.0.1:1 cannot be reached")]
    [InlineData(Nowhere, "", "both")]
    [InlineData("", Nowhere, "both")]
    [InlineData("nonsense", Nowhere, "auth")]
    [InlineData("Hust=127.0.0.1", Nowhere, "hust")]
    [InlineData("Host=127.0.0.1;Port=abc", Nowhere, "port")]
    [InlineData("Username=laurel", Nowhere, "no Host")]
    [InlineData("Host=127.0.0.1;Minimum Pool Size=1000", Nowhere, "Pool Size")]
    [InlineData("Host=/nowhere;Username=laurel", Nowhere, "/nowhere")]
    public async Task Databases_that_are_not_there(string auth, string events, string named)
    {
        await using var process = LaurelProcess.Serve(Folder, ("ConnectionStrings__Auth", auth), ("ConnectionStrings__Events", events));
        var ended = await process.End();

        Assert.Contains(named, ended.Refused(), StringComparison.Ordinal);
        Assert.DoesNotContain("guarded-word", ended.Error[0], StringComparison.Ordinal);
        Assert.Empty(ended.Out);
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task A_wrong_password_of_the_database_and_a_database_that_was_never_made()
    {
        await using var database = await postgres.CreateDatabase(TestContext.Current.CancellationToken);
        var wrong = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "guarded-word" }.ConnectionString;
        var absent = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "never_made" }.ConnectionString;

        foreach (var (connection, named) in new[] { (wrong, "password authentication failed"), (absent, "never_made") })
        {
            await using var process = LaurelProcess.Serve(Folder, ("ConnectionStrings__Auth", connection), ("ConnectionStrings__Events", connection));
            var line = (await process.End()).Refused();
            Assert.Contains(named, line, StringComparison.Ordinal);
            Assert.DoesNotContain("guarded-word", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_occupied_port()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();

        var ended = await LaurelProcess.Run(Folder, [], "--urls", $"http://{occupant.LocalEndpoint}");

        Assert.Contains($"{occupant.LocalEndpoint}", ended.Refused(), StringComparison.Ordinal);
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task An_address_of_another_machine()
    {
        var line = (await LaurelProcess.Run(Folder, [], "--urls", "http://192.0.2.1:8080")).Refused();

        Assert.Contains("192.0.2.1", line, StringComparison.Ordinal);
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task A_second_instance_on_the_same_folder_which_the_first_does_not_notice()
    {
        await using var first = LaurelProcess.Serve(Folder);
        await first.Ready();

        await using var second = LaurelProcess.Serve(Folder);
        Assert.StartsWith($"laurel: Another Laurel (process {first.Id}) is using {Folder.Path}. ", (await second.End()).Refused(), StringComparison.Ordinal);

        (await first.Api.Get("/health/ready")).Is(200);
        (await first.Interrupt()).Well();
        await Leftovers.None(Folder);
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_or_lies_where_nothing_can_be_made()
    {
        foreach (var place in new[] { Folder["master.key"], "/proc/laurel", "/dev/null/laurel" })
        {
            await using var process = LaurelProcess.Serve(Folder, ("Laurel__DataDir", place));
            Assert.Contains(place, (await process.End()).Refused(), StringComparison.Ordinal);
        }
    }
}

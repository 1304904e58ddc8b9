using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

/// <summary>The verbs beside a running server, and alone.</summary>
public sealed class Verbs : IAsyncLifetime
{
    private const string Password = "a harbour in the fog";
    private static readonly (string, string)[] Nothing = [];

    private readonly TemporaryFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task Alone_they_start_PostgreSQL_and_stop_it()
    {
        var fresh = (await Run("migrate")).Well();
        Assert.Contains(fresh.Out, line => line.StartsWith("applied 0001", StringComparison.Ordinal));
        await Leftovers.None(_folder);

        var again = (await Run("migrate")).Well();
        Assert.Equal(["The databases are up to date."], again.Out);

        var made = (await Run("admin", "create", "--email", "boss@example.com")).Well();
        Assert.Equal("boss@example.com is an ADMIN.", made.Out[0]);
        var generated = Assert.Single(made.Out, line => line.StartsWith("Its password, shown this once: ", StringComparison.Ordinal)).Split(": ")[1];
        // A database that was never served from has no key yet, and a key that is only published could not sign.
        (await Run("keys", "rotate")).Well();
        await Leftovers.None(_folder);

        await using var server = LaurelProcess.Serve(_folder);
        await server.Ready();
        Assert.DoesNotContain(server.Out, line => line.StartsWith("The first admin", StringComparison.Ordinal));
        (await server.Api.Post("/v1/auth/login", new { email = "boss@example.com", password = generated })).Is(200);
        (await server.Interrupt()).Well();
        await Leftovers.None(_folder);
    }

    [Fact]
    public async Task Beside_a_server_they_work_on_its_database_and_leave_it_running()
    {
        await using var server = LaurelProcess.Serve(_folder);
        await server.Ready();

        Assert.Equal(["The databases are up to date."], (await Run("migrate")).Well().Out);
        await AdminsAreMade(server);
        await KeysAreRotated(server);

        (await server.Interrupt()).Well();
        await Leftovers.None(_folder);
    }

    private async Task AdminsAreMade(LaurelProcess server)
    {
        var made = (await Fed($"{Password}\n", "admin", "create", "--email", "boss@example.com", "--password-stdin")).Well();
        Assert.Equal(["boss@example.com is an ADMIN."], made.Out);
        Assert.Equal("ADMIN", (await As(server, "boss@example.com")).Role);

        Assert.Contains("BOSS@example.com", (await Fed(Password, "admin", "create", "--email", "BOSS@example.com", "--password-stdin")).Refused(), StringComparison.Ordinal);
        Assert.Contains("password", (await Fed("short\n", "admin", "create", "--email", "other@example.com", "--password-stdin")).Refused(), StringComparison.Ordinal);
        Assert.Contains("email", (await Run("admin", "create", "--email", "nobody")).Refused(), StringComparison.Ordinal);
    }

    private async Task KeysAreRotated(LaurelProcess server)
    {
        var (me, refreshToken, _) = await As(server, "boss@example.com");

        (await Run("keys", "rotate")).Well();
        await Eventually.True(async () => await PublishedKeys(server) == 2);
        (await me.Get("/v1/me")).Is(200);

        await using (var stranger = LaurelProcess.Start(_folder, [("Laurel__MasterKey", Convert.ToBase64String(new byte[32]))], "keys", "rotate"))
            Assert.Contains("another master key", (await stranger.End()).Refused(), StringComparison.Ordinal);
        Assert.Equal(2, await PublishedKeys(server));

        (await Run("keys", "rotate", "--now")).Well();
        var rotated = TimeProvider.System.GetTimestamp();
        await Eventually.True(async () => await me.Get("/v1/auth/check") is { Status: 401, Code: "invalid_token" });
        Assert.InRange(TimeProvider.System.GetElapsedTime(rotated), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(1, await PublishedKeys(server));

        var refreshed = (await server.Api.Post("/v1/auth/refresh", new { refreshToken })).Is(200).Field("accessToken");
        (await server.Api.As(refreshed).Get("/v1/me")).Is(200);
    }

    private static async Task<int> PublishedKeys(LaurelProcess server) =>
        (await server.Api.Get("/.well-known/jwks.json")).Is(200).Json["keys"]!.AsArray().Count;

    private static async Task<(Api Api, string RefreshToken, string Role)> As(LaurelProcess server, string email)
    {
        var tokens = (await server.Api.Post("/v1/auth/login", new { email, password = Password })).Is(200);
        var api = server.Api.As(tokens.Field("accessToken"));
        return (api, tokens.Field("refreshToken"), (await api.Get("/v1/me")).Is(200).Field("role"));
    }

    private Task<Ended> Run(params string[] arguments) => LaurelProcess.Run(_folder, Nothing, arguments);

    private async Task<Ended> Fed(string input, params string[] arguments)
    {
        await using var process = LaurelProcess.Feed(_folder, Nothing, input, arguments);
        return await process.End();
    }
}

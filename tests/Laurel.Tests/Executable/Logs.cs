using System.Diagnostics;
using System.Text.Json.Nodes;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Executable;

public sealed class Logs : IAsyncLifetime
{
    private const string Email = "a.private.person@example.com";
    private const string Password = "a harbour in the fog";

    private readonly TemporaryFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task Are_lines_of_JSON_that_name_the_trace_and_no_secret_nor_person()
    {
        const string adminPassword = "lanterns on the quay";
        await using var server = LaurelProcess.Serve(
            _folder, ("Laurel__Admin__Email", "keeper@example.com"), ("Laurel__Admin__Password", adminPassword), ("Logging__LogLevel__Default", "Debug"));
        await server.Ready();
        var api = server.Api;
        List<string> secrets = [Email, Password, adminPassword, "keeper@example.com", "never the right one"];

        (await api.Post("/v1/auth/signup", new { email = Email, password = Password, nickname = "Nixie" })).Is(201);
        var tokens = await SignIn(api, Email, Password, secrets);
        (await api.Post("/v1/auth/login", new { email = Email, password = "never the right one" })).Is(401);
        var refreshed = (await api.Post("/v1/auth/refresh", new { refreshToken = tokens.Field("refreshToken") })).Is(200);
        secrets.AddRange(refreshed.Field("accessToken"), refreshed.Field("refreshToken"));
        await api.As("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.").Get("/v1/me");

        var admin = api.As((await SignIn(api, "keeper@example.com", adminPassword, secrets)).Field("accessToken"));
        var service = (await admin.Post("/v1/service-accounts", new { name = "game", scopes = new[] { "activities:write" } })).Is(201);
        secrets.Add(service.Field("clientSecret"));
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", service.Field("clientId")), new("client_secret", service.Field("clientSecret")),
        ]);
        secrets.Add((await api.Send(HttpMethod.Post, "/v1/auth/token", form)).Is(200).Field("access_token"));

        var me = api.As(refreshed.Field("accessToken"));
        using (var postgres = Process.GetProcessById((await Postmaster.Running(_folder["cluster"]))!.Pid))
            postgres.Kill();
        Answer? failed = null;
        await Eventually.True(async () => (failed = await me.Get("/v1/me")).Status == 503);
        Assert.Equal(0, (await server.Interrupt()).Status);

        var lines = server.Error.Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Contains(lines, line => line["traceId"]?.ToString() == failed!.Field("traceId"));
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(server.Error, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            if (secret != "keeper@example.com")
                Assert.DoesNotContain(server.Out, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
        Assert.DoesNotContain(server.Out, line => line.StartsWith('{'));
        await Leftovers.None(_folder);
    }

    private static async Task<Answer> SignIn(Api api, string email, string password, List<string> secrets)
    {
        var tokens = (await api.Post("/v1/auth/login", new { email, password })).Is(200);
        secrets.AddRange(tokens.Field("accessToken"), tokens.Field("refreshToken"));
        return tokens;
    }
}

using Laurel.Bench.Http;

namespace Laurel.Bench;

/// <summary>What the auth service costs: the yardstick is an endpoint that does nothing.</summary>
internal static class AuthSuite
{
    public static Suite Suite => new(
        "auth",
        SetUp,
        [
            Goal.Ratio("check", "health", atLeast: 0.7),
            Goal.Ratio("me", "health", atLeast: 0.2),
            Goal.P99("me-under-logins", belowMs: 100),
            Goal.MemoryAfterStart(belowMb: 150),
        ]);

    private static async Task SetUp(Stage stage, StageOptions options, CancellationToken cancel)
    {
        var server = stage.Own(options.Url is { } running ? await Server.Attach(running, cancel) : await Server.Start([], options.Time, cancel));
        stage.Server = server;
        stage.PostgreSql = server.PostgreSqlVersion();

        var me = Scenario.Http("me", server.Url, async token => Requests.Always(Requests.Get(server.Url, "/v1/me", await server.SignIn(token))));
        var login = Scenario.Http("login", server.Url, _ => Task.FromResult(Requests.Always(Requests.Post(server.Url, "/v1/auth/login", server.Credentials))));
        stage.Scenarios.AddRange(
        [
            Scenario.Http("health", server.Url, _ => Task.FromResult(Requests.Always(Requests.Get(server.Url, "/health/live")))),
            Scenario.Http("check", server.Url, async token => Requests.Always(Requests.Get(server.Url, "/v1/auth/check", await server.SignIn(token)))),
            me,
            me with { Name = "me-under-logins", Connections = 8, RequestsPerSecond = 200, Beside = login with { Connections = 50 } },
        ]);
    }
}

using Laurel.Bench.Http;

namespace Laurel.Bench;

/// <summary>What the auth service costs: the yardstick is an endpoint that does nothing.</summary>
internal static class AuthSuite
{
    private static readonly Scenario Health = new("health", (server, _) =>
        Task.FromResult(Requests.Always(Requests.Get(server.Url, "/health/live"))));

    private static readonly Scenario Check = new("check", async (server, cancel) =>
        Requests.Always(Requests.Get(server.Url, "/v1/auth/check", await server.SignIn(cancel))));

    private static readonly Scenario Me = new("me", async (server, cancel) =>
        Requests.Always(Requests.Get(server.Url, "/v1/me", await server.SignIn(cancel))));

    private static readonly Scenario Login = new("login", (server, _) =>
        Task.FromResult(Requests.Always(Requests.Post(server.Url, "/v1/auth/login", server.Credentials))))
    {
        Connections = 50,
    };

    private static readonly Scenario MeUnderLogins = Me with { Name = "me-under-logins", Connections = 8, RequestsPerSecond = 200, Beside = Login };

    public static Suite Suite => new(
        "auth",
        [Health, Check, Me, MeUnderLogins],
        [
            Goal.Ratio("check", "health", atLeast: 0.7),
            Goal.Ratio("me", "health", atLeast: 0.2),
            Goal.P99("me-under-logins", belowMs: 100),
            Goal.MemoryAfterStart(belowMb: 150),
        ]);
}

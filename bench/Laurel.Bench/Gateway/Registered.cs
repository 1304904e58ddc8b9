namespace Laurel.Bench.Gateway;

/// <summary>Services of others behind the gateway, which nobody calls: how many routes they have is what is measured.</summary>
internal sealed class Registered
{
    private static readonly string[] Scopes = ["services:register"];
    private static readonly string[] Roles = ["USER"];

    /// <summary>A gateway asks every second who is there.</summary>
    private static readonly TimeSpan UntilKnown = TimeSpan.FromSeconds(2.5);

    private readonly Apart _apart;
    private readonly int _services;
    private readonly int _routesOfEach;
    private readonly (string Id, string Secret) _account;

    private Registered(Apart apart, int services, int routesOfEach, (string Id, string Secret) account) =>
        (_apart, _services, _routesOfEach, _account) = (apart, services, routesOfEach, account);

    public static async Task<Registered> Open(Apart apart, int services, int routesOfEach, CancellationToken cancel)
    {
        var made = await apart.Gateway.Call(
            HttpMethod.Post, "/v1/service-accounts", await apart.Gateway.SignIn(cancel), new { name = $"{services * routesOfEach} routes", scopes = Scopes }, cancel);
        return new Registered(apart, services, routesOfEach, (made.GetProperty("clientId").GetString()!, made.GetProperty("clientSecret").GetString()!));
    }

    /// <summary>Lasts for fifteen seconds: longer than a round.</summary>
    public async Task Register(CancellationToken cancel)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", _account.Id), new("client_secret", _account.Secret)]);
        var token = (await _apart.Gateway.Send(HttpMethod.Post, "/v1/auth/token", token: null, form, cancel)).GetProperty("access_token").GetString()!;
        for (var service = 0; service < _services; service++)
        {
            var prefix = $"/of-{_routesOfEach}-{service}";
            await _apart.Gateway.Call(HttpMethod.Put, $"/v1/services/{prefix[1..]}/instances", token, new
            {
                address = _apart.Auth.Url.GetLeftPart(UriPartial.Authority),
                prefix,
                healthPath = "/health/live",
                routes = Enumerable.Range(0, _routesOfEach).Select(number => new { method = "GET", path = $"{prefix}/things-{number}/{{id}}", roles = Roles }),
            }, cancel);
        }

        await Task.Delay(UntilKnown, cancel);
    }
}

using System.Security.Cryptography;
using Laurel.Bench.Engine;

namespace Laurel.Bench.Gateway;

/// <summary>Laurel in processes of its own: what clients see is the gateway.</summary>
internal sealed class Apart : IAsyncDisposable
{
    private readonly Stack<Server> _servers = new();

    public Server Auth { get; private set; } = null!;

    public Server Events { get; private set; } = null!;

    public Server Gateway { get; private set; } = null!;

    public string EventsDatabase { get; private set; } = "";

    public static async Task<Apart> Start(Cluster cluster, StageOptions options, CancellationToken cancel)
    {
        var apart = new Apart();
        try
        {
            await apart.StartAll(cluster, options, cancel);
            return apart;
        }
        catch
        {
            await apart.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_servers.TryPop(out var server))
            await server.DisposeAsync();
    }

    private async Task StartAll(Cluster cluster, StageOptions options, CancellationToken cancel)
    {
        var masterKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        EventsDatabase = await cluster.MakeDatabase("apart_events", cancel);
        List<KeyValuePair<string, string?>> settings =
        [
            new("Laurel__MasterKey", masterKey), new("Laurel__TrustedProxies__0", "127.0.0.1"),
            new("ConnectionStrings__Auth", await cluster.MakeDatabase("apart_auth", cancel)), new("ConnectionStrings__Events", EventsDatabase),
        ];
        Auth = await Role("auth", account: null);
        settings.Add(new("Laurel__AuthUrl", Auth.Url.GetLeftPart(UriPartial.Authority)));
        Events = await Role("events", Auth);
        await Role("worker", Auth);
        Gateway = await Role("gateway", Auth);
        await UntilTheGatewayKnows(options.Time, cancel);

        async Task<Server> Role(string role, Server? account)
        {
            var server = await Server.Start([.. settings, new("Laurel__Roles", role)], options.Time, cancel, account);
            _servers.Push(server);
            return server;
        }
    }

    private async Task UntilTheGatewayKnows(TimeProvider time, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var token = await Gateway.SignIn(cancel);
                await Gateway.Call(HttpMethod.Get, "/v1/rewards", token, body: null, cancel);
                return;
            }
            catch (BenchException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancel);
            }
        }
    }
}

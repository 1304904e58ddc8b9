using Laurel.Tests.Support;

namespace Laurel.Tests.Issuers;

/// <summary>A Laurel that trusts the provider of a game, which publishes its keys at an address, and one whose keys lie in a file.</summary>
public sealed class TrustingGame : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private KeyServer? _server;

    public TrustingGame(TestPostgres postgres) => App = new LaurelApp(postgres);

    public LaurelApp App { get; }

    internal KeyServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _server = await KeyServer.Start();
        await File.WriteAllTextAsync(_folder["jwks.json"], Provider.Jwks(Provider.Ec), TestContext.Current.CancellationToken);
        Trust(0, Provider.Issuer, _server.Url, Provider.Prefix);
        Trust(1, "https://id.studio.test", _folder["jwks.json"], "studio.");
        await App.InitializeAsync();
    }

    /// <summary>A player whom the provider has signed in, whatever else it claims.</summary>
    internal Api Player(string user, Action<System.Text.Json.Nodes.JsonObject>? claims = null, ProviderKey? key = null)
    {
        var payload = Provider.Claims(App.Clock.GetUtcNow(), user);
        claims?.Invoke(payload);
        return App.Anonymous.As(Provider.Forge(Provider.Header(key ?? Provider.Rsa).ToJsonString(), payload.ToJsonString(), key));
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        await _folder.DisposeAsync();
    }

    private void Trust(int at, string issuer, string jwks, string prefix)
    {
        App.Settings[$"Laurel:Issuers:{at}:Issuer"] = issuer;
        App.Settings[$"Laurel:Issuers:{at}:Jwks"] = jwks;
        App.Settings[$"Laurel:Issuers:{at}:Audience"] = Provider.Audience;
        App.Settings[$"Laurel:Issuers:{at}:Prefix"] = prefix;
    }
}

using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Laurel.Platform.Access;

/// <summary>Where the auth service is reached from this process: where it was told to look, or in this very process.</summary>
public sealed class AuthAddress(Uri? configured, IServer server) : IDisposable
{
    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = 16 * 1024 * 1024,
    };

    public Uri Uri(string path) => new(configured ?? OwnAddress.Of(server), path);

    public void Dispose() => Client.Dispose();
}

/// <summary>Where this process listens, as it is reached from here.</summary>
public static class OwnAddress
{
    /// <summary>`*`, `+` and any-addresses are no host to connect to, and a certificate is made out to another name than this one: http goes first.</summary>
    public static Uri Of(IServer server)
    {
        var bound = server.Features.Get<IServerAddressesFeature>()?.Addresses.Order(StringComparer.Ordinal).FirstOrDefault()
            ?? throw new InvalidOperationException("The server listens nowhere.");
        var address = new UriBuilder(bound.Replace("*", "localhost", StringComparison.Ordinal).Replace("+", "localhost", StringComparison.Ordinal));
        if (address.Host is "0.0.0.0" or "[::]")
            address.Host = "localhost";
        return address.Uri;
    }
}

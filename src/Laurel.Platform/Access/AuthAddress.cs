using Laurel.Platform.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Laurel.Platform.Access;

/// <summary>
/// Where the auth service is reached from this process: where it was told to look, or in this very process. Of several addresses the one
/// that answers: after a failure the next one is asked.
/// </summary>
public sealed class AuthAddress : IDisposable
{
    private readonly IReadOnlyList<Uri> _configured;
    private readonly IServer _server;
    private int _turn;

    public AuthAddress(IReadOnlyList<Uri> configured, IServer server)
    {
        (_configured, _server) = (configured, server);
        Client = new HttpClient(new AskAnotherNext(this))
        {
            Timeout = TimeSpan.FromSeconds(5),
            MaxResponseContentBufferSize = 16 * 1024 * 1024,
        };
    }

    public HttpClient Client { get; }

    public Uri Uri(string path) => new(_configured.Count == 0 ? OwnAddress.Of(_server) : _configured[(int)((uint)Volatile.Read(ref _turn) % _configured.Count)], path);

    public void Dispose() => Client.Dispose();

    private sealed class AskAnotherNext(AuthAddress address) : DelegatingHandler(InnerHttp.Handler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var turn = Volatile.Read(ref address._turn);
            var answered = false;
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                answered = (int)response.StatusCode < 500;
                return response;
            }
            finally
            {
                // Of several who fail at once one alone turns.
                if (!answered)
                    Interlocked.CompareExchange(ref address._turn, turn + 1, turn);
            }
        }
    }
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

using System.Net.Http.Headers;
using System.Net.Http.Json;
using Laurel.Auth.Sessions;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting;

namespace Laurel.Auth.Registry;

/// <summary>
/// The events service, as auth speaks to it: over HTTP as any other service would, so that it is the same whether the two run together
/// or apart.
/// </summary>
internal sealed class EventsService(
    AuthOptions options, ServiceStore services, SessionTokens tokens, IServer server, IHostApplicationLifetime lifetime, TimeProvider time) : IDisposable
{
    /// <summary>Who auth is there: it needs no account to speak for itself.</summary>
    private static readonly ServiceAccountId OwnAccount = new(new Guid("00000000-0000-0000-0000-00000a074001"));

    private readonly HttpClient _http = new(InnerHttp.Handler())
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    private int _turn;

    /// <summary>Until the server listens nobody knows where.</summary>
    public bool IsKnown => lifetime.ApplicationStarted.IsCancellationRequested;

    /// <summary>Sends a request that this scope permits. The answer is a good one.</summary>
    /// <exception cref="HttpRequestException">There is none: the request is to be sent again later.</exception>
    public async Task<HttpResponseMessage> Send(HttpMethod method, string path, string scope, object? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(await Address(cancellation), path))
        {
            Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: JsonRules.Options),
        };
        var grant = Guid.CreateVersion7(time.GetUtcNow());
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.ForService(OwnAccount, grant, [scope]));
        var response = await _http.SendAsync(request, cancellation);
        try
        {
            return response.EnsureSuccessStatusCode();
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Where the configuration says; else where its processes say that they are; else in this process. Of several another one each time, so
    /// that one which fails does not fail whoever tries again.
    /// </summary>
    private async Task<Uri> Address(CancellationToken cancellation)
    {
        if (options.EventsUrl is { } configured)
            return configured;
        var instances = (await services.All(cancellation)).Find(service => service.Name == "events")?.Instances ?? [];
        return instances.Count == 0 ? OwnAddress.Of(server) : new Uri(instances[(int)((uint)Interlocked.Increment(ref _turn) % instances.Count)].Address);
    }
}

using System.Collections.Frozen;
using Laurel.Platform.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Laurel.Platform.Issuers;

/// <summary>Whose tokens are accepted beside Laurel's own, each from its issuer alone.</summary>
public sealed class TrustedIssuers : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http;
    private readonly FrozenDictionary<string, TrustedIssuer> _issuers;

    public TrustedIssuers(IReadOnlyList<IssuerSettings> issuers, TimeProvider time, ILogger<TrustedIssuers> log)
    {
        // Whoever answers at the address is believed about keys: nobody else may, however nicely it is asked for.
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
            // So that a name that moved is looked up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseDrainSize = 0,
        })
        {
            Timeout = FetchTimeout,
            MaxResponseContentBufferSize = IssuerKeys.MaxDocument,
        };
        _issuers = issuers.ToFrozenDictionary(
            issuer => issuer.Issuer, issuer => new TrustedIssuer(issuer, new IssuerKeys(issuer, _http, time, log, _stopping.Token), log), StringComparer.Ordinal);
    }

    /// <summary>A request may be waiting.</summary>
    internal static TimeSpan FetchTimeout { get; } = TimeSpan.FromSeconds(5);

    /// <exception cref="StartupException">A file of keys holds none.</exception>
    public async Task Start(CancellationToken cancellation)
    {
        foreach (var issuer in _issuers.Values)
            await issuer.Keys.ReadFileFirst(cancellation);
    }

    /// <summary>To be called every second: each issuer's keys are read when their time has come. Over when all have been.</summary>
    internal Task KeepFresh() => Task.WhenAll(_issuers.Values.Select(issuer => issuer.Keys.KeepFresh()));

    public void Dispose()
    {
        _stopping.Cancel();
        _http.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Whom an unverified payload says it is from. It decides whose keys and rules the token has to stand, and nothing more.</summary>
    internal TrustedIssuer? Named(byte[] payload)
    {
        if (_issuers.Count == 0)
            return null;
        using var claims = TokenFormat.ParseObject(payload);
        return claims is not null && TokenFormat.Text(claims.RootElement, "iss"u8) is { } name ? _issuers.GetValueOrDefault(name) : null;
    }
}

internal static class TrustedIssuersSetup
{
    public static void AddTrustedIssuers(this IServiceCollection services, IReadOnlyList<IssuerSettings> issuers)
    {
        services.AddSingleton(provider => new TrustedIssuers(
            issuers, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TrustedIssuers>>()));
        if (issuers.Count == 0)
            return;

        services.AddPeriodicWork("keys of trusted issuers", TimeSpan.FromSeconds(1), provider => cancellation =>
        {
            // Not waited for: one issuer that is slow must not keep the others' keys old.
            _ = provider.GetRequiredService<TrustedIssuers>().KeepFresh();
            return Task.CompletedTask;
        });
    }
}

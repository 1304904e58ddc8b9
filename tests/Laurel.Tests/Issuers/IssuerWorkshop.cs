using Laurel.Platform.Issuers;
using Laurel.Platform.Tokens;
using Laurel.Tests.Platform.Tokens;
using Laurel.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Laurel.Tests.Issuers;

/// <summary>A verifier that trusts the provider, whose keys lie in a file unless they are told to be elsewhere; time stands still.</summary>
internal sealed class IssuerWorkshop : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrustedIssuers _trusted;

    public IssuerWorkshop(string? address = null, params IEnumerable<IssuerSettings> more)
    {
        File = _folder["jwks.json"];
        Publish(Provider.Rsa, Provider.Ec);
        var settings = new IssuerSettings
        {
            Issuer = Provider.Issuer,
            Address = address is null ? null : new Uri(address),
            File = address is null ? File : null,
            Audience = Provider.Audience,
            UserIdClaim = "sub",
            Prefix = Provider.Prefix,
        };
        _trusted = new TrustedIssuers([settings, .. more], Clock, NullLogger<TrustedIssuers>.Instance);
        Verifier = new TokenVerifier(AccessTokens.Issuer, "laurel", () => new KeySet([TokenWorkshop.Key.Public]), Clock, _trusted);
    }

    public StoppedClock Clock { get; } = new();

    public string File { get; }

    public TokenVerifier Verifier { get; }

    public void Publish(params ProviderKey[] keys) => System.IO.File.WriteAllText(File, Provider.Jwks(keys));

    public string Token(string user = "ada", ProviderKey? key = null) => Provider.Token(Clock.Now, user, key);

    /// <summary>A token that is signed well, with other claims and another header.</summary>
    public string Token(Action<System.Text.Json.Nodes.JsonObject>? claims, Action<System.Text.Json.Nodes.JsonObject>? header = null, ProviderKey? key = null)
    {
        var (payload, head) = (Provider.Claims(Clock.Now), Provider.Header(key ?? Provider.Rsa));
        claims?.Invoke(payload);
        header?.Invoke(head);
        return Provider.Forge(head.ToJsonString(), payload.ToJsonString(), key);
    }

    /// <summary>As a request has it: where the keys are looked at again, that is waited for.</summary>
    public async Task<(TokenOutcome Outcome, Identity? Identity)> Verify(string token)
    {
        var identity = Verifier.Verify(token, out var outcome, out var looking);
        if (looking is not null)
        {
            await looking;
            identity = Verifier.Verify(token, out outcome);
        }

        Assert.Equal(outcome is TokenOutcome.Valid, identity is not null);
        return (outcome, identity);
    }

    public async Task<TokenOutcome> Outcome(string token) => (await Verify(token)).Outcome;

    /// <summary>What happens every second beside the requests.</summary>
    public Task Second() => _trusted.KeepFresh();

    public Task Start() => _trusted.Start(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _trusted.Dispose();
        await _folder.DisposeAsync();
    }
}

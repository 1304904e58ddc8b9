using Laurel.Tests.Support;

namespace Laurel.Tests.Issuers;

/// <summary>As somebody would set it up, from outside.</summary>
public sealed class TrustingExecutable(PreparedFolder prepared) : IClassFixture<PreparedFolder>
{
    [Fact]
    public async Task An_issuer_is_trusted_by_five_settings_and_its_keys_are_fetched_past_any_proxy()
    {
        await using var keys = await KeyServer.Start();
        await using var process = LaurelProcess.Serve(
            prepared.Folder,
            ("Laurel__Issuers__0__Issuer", Provider.Issuer),
            ("Laurel__Issuers__0__Jwks", keys.Url),
            ("Laurel__Issuers__0__Audience", Provider.Audience),
            ("Laurel__Issuers__0__UserIdClaim", "player"),
            ("Laurel__Issuers__0__Prefix", Provider.Prefix),
            ("http_proxy", "http://127.0.0.1:1"),
            ("no_proxy", ""));
        await process.Ready();

        var claims = Provider.Claims(TimeProvider.System.GetUtcNow(), "not this");
        claims["player"] = 17;
        var player = process.Api.As(Provider.Forge(Provider.Header(Provider.Ec).ToJsonString(), claims.ToJsonString(), Provider.Ec));

        Assert.Equal("game:17", (await player.Get("/v1/auth/check")).Is(204).Headers.GetValues("X-User-Id").Single());
        (await process.Interrupt()).Well();
    }
}

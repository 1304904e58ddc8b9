using Laurel.Auth.Keys;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Auth;

public sealed class RotatingKeys(LaurelApp app) : IClassFixture<LaurelApp>
{
    private KeyStore Keys => app.Services.GetRequiredService<KeyStore>();

    [Fact]
    public async Task A_new_key_is_published_before_it_signs_and_the_old_one_counts_until_its_last_token_has_expired()
    {
        var old = await SigningKid();
        var fresh = await Keys.Rotate(atOnce: false, Laurel.Platform.Audit.Actor.CommandLine, TestContext.Current.CancellationToken);
        await Reload();
        Assert.Equal(old, await SigningKid());
        Assert.Equal([fresh, old], (await Published()).Order(Comparer<string>.Create((left, right) => left == fresh ? -1 : 1)));

        app.Clock.Advance(KeyStore.Publication);
        var before = await app.SignedIn();
        await Reload();
        Assert.Equal(fresh, await SigningKid());
        (await before.Api.Get("/v1/auth/check")).Is(204);

        app.Clock.Advance(TimeSpan.FromMinutes(10));
        await Reload();
        (await before.Api.Get("/v1/auth/check")).Is(204);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await Reload();
        Assert.Equal([fresh], await Published());
    }

    [Fact]
    public async Task A_leaked_key_is_withdrawn_at_once()
    {
        var somebody = await app.SignedIn();
        var fresh = await Keys.Rotate(atOnce: true, Laurel.Platform.Audit.Actor.CommandLine, TestContext.Current.CancellationToken);
        await Reload();

        Assert.Equal([fresh], await Published());
        (await somebody.Api.Get("/v1/auth/check")).Refused(401, "invalid_token");
        var again = (await app.Anonymous.Post("/v1/auth/refresh", new { refreshToken = somebody.RefreshToken })).Is(200);
        (await app.Anonymous.As(again.Field("accessToken")).Get("/v1/auth/check")).Is(204);
    }

    [Fact]
    public async Task Private_keys_do_not_lie_readable_in_the_database()
    {
        await using var sealedKeys = app.Database.CreateCommand("SELECT sealed FROM signing_keys");
        await using var rows = await sealedKeys.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await rows.ReadAsync(TestContext.Current.CancellationToken))
            Assert.ThrowsAny<Exception>(() => Laurel.Platform.Tokens.SigningKey.ImportPkcs8(rows.GetFieldValue<byte[]>(0)));
    }

    private Task Reload() => Keys.Load(TestContext.Current.CancellationToken);

    private async Task<string> SigningKid()
    {
        var header = (await app.SignedIn()).Api.Token!.Split('.')[0];
        return System.Text.Json.Nodes.JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(header))!["kid"]!.GetValue<string>();
    }

    private async Task<List<string>> Published() =>
        [.. (await app.Anonymous.Get("/.well-known/jwks.json")).Is(200).Json["keys"]!.AsArray().Select(key => key!["kid"]!.GetValue<string>())];
}

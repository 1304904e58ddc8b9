using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>What operators do about webhooks.</summary>
public sealed class NamingWebhooks(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly Api _operator = app.Operator();

    [Fact]
    public async Task The_first_fulfils_and_another_can_only_when_it_does_not()
    {
        var first = (await _operator.Post("/v1/webhooks", new { url = "https://one.example.com/" })).Is(201);
        Assert.StartsWith("whsec_", first.Field("secret"), StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(first.Field("secret")["whsec_".Length..]).Length);
        var second = (await _operator.Post("/v1/webhooks", new { url = "https://two.example.com/", description = "statistics" })).Is(201);
        Assert.Equal((true, false), ((bool)first.Json["fulfils"]!, (bool)second.Json["fulfils"]!));
        (await _operator.Post("/v1/webhooks", new { url = "https://three.example.com/", fulfils = true })).Refused(409, "another_webhook_fulfils");
        (await _operator.Patch($"/v1/webhooks/{second.Field("id")}", new { fulfils = true })).Refused(409, "another_webhook_fulfils");

        (await _operator.Patch($"/v1/webhooks/{first.Field("id")}", new { fulfils = false, description = "was first" })).Is(200);
        Assert.True((bool)(await _operator.Patch($"/v1/webhooks/{second.Field("id")}", new { fulfils = true })).Is(200).Json["fulfils"]!);
        Assert.Equal(["two", "one"], (await _operator.Get("/v1/webhooks")).Is(200).Json["items"]!.AsArray().Select(item => ((string)item!["url"]!)[8..11]));
        (await _operator.Delete($"/v1/webhooks/{first.Field("id")}")).Is(204);
        (await _operator.Delete($"/v1/webhooks/{first.Field("id")}")).Refused(404, "not_found");
        (await _operator.Delete($"/v1/webhooks/{second.Field("id")}")).Is(204);
        (await _operator.Get($"/v1/webhooks/{second.Field("id")}")).Refused(404, "not_found");
        Assert.Equal(
            ["webhook.created", "webhook.created", "webhook.changed", "webhook.changed", "webhook.deleted", "webhook.deleted"],
            await app.Events.Query(
                "SELECT action FROM audit WHERE subject_kind = 'webhook' AND subject_id = ANY ($1) ORDER BY id",
                row => row.GetString(0), [new[] { first.Field("id"), second.Field("id") }], Cancellation));
        Assert.DoesNotContain(await app.Events.Query("SELECT change::text FROM audit WHERE change IS NOT NULL", row => row.GetString(0), [], Cancellation), change => change.Contains("whsec_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://game.example.com/", "https_required")]
    [InlineData("https://user@game.example.com/", "userinfo_not_allowed")]
    [InlineData("https://game.example.com:22/", "port_not_allowed")]
    [InlineData("https://127.1/", "host_not_allowed")]
    [InlineData("https://0x7f.1/", "host_not_allowed")]
    [InlineData("https://2130706433/", "host_not_allowed")]
    [InlineData("https://[::ffff:10.0.0.1]/", "host_not_allowed")]
    [InlineData("https://[64:ff9b::7f00:1]/", "host_not_allowed")]
    [InlineData("https://169.254.169.254/", "host_not_allowed")]
    [InlineData("http://127.0.0.1:8080/", "https_required")]
    [InlineData("https://localhost/", "host_not_allowed")]
    [InlineData("nonsense", "invalid_url")]
    [InlineData("https:/\\game.example.com@evil.example/", "invalid_url")]
    [InlineData("https:game.example.com", "invalid_url")]
    public async Task Where_nobody_may_be_called_nobody_is_named(string url, string code)
    {
        (await _operator.Post("/v1/webhooks", new { url })).Refused(422, "rule_broken").Because("url", code);
        var made = (await _operator.Post("/v1/webhooks", new { url = "https://game.example.com/", fulfils = false })).Is(201).Field("id");
        (await _operator.Patch($"/v1/webhooks/{made}", new { url })).Refused(422, "rule_broken").Because("url", code);
        Assert.Equal("https://game.example.com/", (await _operator.Get($"/v1/webhooks/{made}")).Is(200).Field("url"));
        (await _operator.Delete($"/v1/webhooks/{made}")).Is(204);
    }

    [Fact]
    public async Task What_is_no_webhook_is_refused()
    {
        (await _operator.Post("/v1/webhooks", new { })).Refused(400, "malformed_body").Because("url", "missing_field");
        (await _operator.Post("/v1/webhooks", new { url = "https://game.example.com/", secret = "mine" })).Refused(400, "malformed_body").Because("secret", "unknown_field");
        (await _operator.Post("/v1/webhooks", new { url = "https://game.example.com/", description = new string('x', 501) })).Refused(422, "rule_broken").Because("description", "length");
        (await app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Auditor)).Get("/v1/webhooks")).Refused(403, "forbidden");
    }

    [Fact]
    public async Task Who_waited_for_a_webhook_can_pull_when_it_is_deleted()
    {
        var webhook = (await _operator.Post("/v1/webhooks", new { url = "https://game.example.com/", enabled = false })).Is(201).Field("id");
        var (claim, _, _) = await app.Claims(await app.GivesSwords());
        Assert.Empty((await app.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray());
        (await _operator.Delete($"/v1/webhooks/{webhook}")).Is(204);
        var pulled = (await app.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray();
        Assert.Equal(claim, (string)Assert.Single<JsonNode?>(pulled)!["claimId"]!);
    }
}

/// <summary>A webhook is tried before anything depends on it.</summary>
public sealed class TryingWebhooks(GameWithEndpoint game) : IClassFixture<GameWithEndpoint>
{
    [Fact]
    public async Task A_test_is_signed_and_tells_what_was_answered()
    {
        game.Endpoint.Answers = async (context, _) =>
        {
            context.Response.StatusCode = 418;
            await context.Response.WriteAsync(new string('x', 2_000));
        };
        var tested = (await game.App.Operator().Post($"/v1/webhooks/{game.Webhook}/test")).Is(200).Json;
        Assert.Equal((false, 418, 500), ((bool)tested["delivered"]!, (int)tested["status"]!, ((string)tested["answer"]!).Length));
        var message = Assert.Single(game.Endpoint.Messages, one => one.Type == "webhook.test");
        Assert.Equal(DeliveringApp.SignatureOf(game.Secret, message.Id, message.Timestamp, message.Body), message.Signature);
        (await game.App.Operator().Post($"/v1/webhooks/{Playing.NewPerson()}/test")).Refused(404, "not_found");
    }
}

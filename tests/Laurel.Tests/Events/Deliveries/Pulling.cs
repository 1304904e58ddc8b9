using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>A game that has no endpoint asks for what is to be handed over.</summary>
public sealed class Pulling(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task What_was_granted_is_pulled_and_acknowledged()
    {
        var (claim, user, _) = await app.Claims(await app.GivesSwords());
        var item = Assert.Single((await app.Hands().Get("/v1/deliveries/pending?limit=10")).Is(200).Json["items"]!.AsArray())!;
        Assert.Equal((claim, user.ToString(), "reward.granted"), ((string)item["claimId"]!, (string)item["userId"]!, (string)item["type"]!));
        Assert.Equal("processing", await app.ClaimStatus(claim));
        Assert.Empty((await app.Hands().Get("/v1/deliveries/pending")).Is(200).Json["items"]!.AsArray());

        (await app.Hands().Post($"/v1/deliveries/{item["id"]}/ack", new { lease = Playing.NewPerson() })).Refused(409, "delivery_leased");
        Assert.Equal("delivered", (await app.Hands().Post($"/v1/deliveries/{item["id"]}/ack", new { lease = item["lease"]!.ToString() })).Is(200).Field("status"));
        (await app.Hands().Post($"/v1/deliveries/{item["id"]}/ack", new { lease = item["lease"]!.ToString() })).Is(200);
        (await app.Hands().Post($"/v1/deliveries/{item["id"]}/fail", new { lease = item["lease"]!.ToString(), reason = "full" })).Refused(409, "delivery_decided");
        Assert.Equal("completed", await app.ClaimStatus(claim));
    }
}

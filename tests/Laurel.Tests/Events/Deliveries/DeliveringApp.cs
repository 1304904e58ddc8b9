using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Deliveries;

/// <summary>What games and operators do about deliveries, in their words.</summary>
public static class DeliveringApp
{
    public static Api Operator(this LaurelApp app) => app.Anonymous.As(app.PersonToken(Playing.NewPerson(), Role.Operator));

    /// <summary>A game server that hands rewards over.</summary>
    public static Api Hands(this LaurelApp app) => app.Anonymous.As(app.ServiceToken(Scopes.DeliveriesWrite));

    /// <summary>Webhooks may call this machine.</summary>
    public static void CallsLoopback(this LaurelApp app) => app.Settings["Laurel:Webhooks:AllowLoopback"] = "true";

    /// <summary>An active event that gives a sword to whoever does this once.</summary>
    public static async Task<(string Event, string Activity)> GivesSwords(this LaurelApp app, long? stock = null, bool requiresApproval = false, int points = 0)
    {
        var type = Playing.NewUser();
        object sword = new { type = "item", itemId = "sword", name = "Sword", quantity = 1 };
        var reward = await app.Operator().CreatesReward(points > 0 ? [sword, new { type = "points", amount = points }] : [sword]);
        object offer = stock is { } units ? new { rewardId = reward, requiresApproval, stock = units } : new { rewardId = reward, requiresApproval };
        return (await app.Operator().Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [offer] }), type);
    }

    /// <summary>Somebody new who earns and claims the sword: the claim's id, and who that is.</summary>
    public static async Task<(string Claim, Guid User, Api Player)> Claims(this LaurelApp app, (string Event, string Activity) on, Guid? user = null)
    {
        var me = user ?? Playing.NewPerson();
        (await app.GameServer().Reports(Playing.Did(me.ToString(), on.Activity, app.Clock.GetUtcNow()))).Is(200);
        var player = app.Anonymous.As(app.PersonToken(me));
        var claim = (await player.Post($"/v1/events/{on.Event}/claims", new { })).Is(201).Json["claims"]![0]!;
        return ((string)claim["id"]!, me, player);
    }

    public static async Task<string> ClaimStatus(this LaurelApp app, string claim) =>
        (await app.Operator().Get($"/v1/claims/{claim}")).Is(200).Field("status");

    public static Task ClaimBecomes(this LaurelApp app, string claim, string status) =>
        Eventually.True(async () => await app.ClaimStatus(claim) == status);

    /// <summary>The claim's deliveries, newest first.</summary>
    public static async Task<IReadOnlyList<JsonNode>> Deliveries(this LaurelApp app, string claim) =>
        [.. (await app.Operator().Get($"/v1/deliveries?claimId={claim}")).Is(200).Json["items"]!.AsArray().Select(item => item!)];

    /// <summary>The only delivery of a claim, with its last attempts.</summary>
    public static async Task<JsonNode> Delivery(this LaurelApp app, string claim) =>
        (await app.Operator().Get($"/v1/deliveries/{Assert.Single(await app.Deliveries(claim))["id"]}")).Is(200).Json;

    public static Task DeliveryBecomes(this LaurelApp app, string claim, string status) =>
        Eventually.True(async () => (string)(await app.Deliveries(claim))[^1]["status"]! == status);

    public static DateTimeOffset At(this JsonNode time) => Time.TryParse((string)time!, out var at) ? at : throw new FormatException($"{time} is no time.");

    /// <summary>A signature as Standard Webhooks has it, made without Laurel's help.</summary>
    public static string SignatureOf(string secret, string id, string timestamp, string body) =>
        $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")))}";
}

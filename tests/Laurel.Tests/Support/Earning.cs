using System.Text.Json.Nodes;
using Laurel.Platform.Access;

namespace Laurel.Tests.Support;

/// <summary>Rewards and who has earned them, in the words of claims.</summary>
internal static class Earning
{
    /// <summary>Somebody whom only a token knows, with this role.</summary>
    public static Api Somebody(this LaurelApp app, Role role) => app.Anonymous.As(app.PersonToken(Playing.NewPerson(), role));

    public static Api Me(this LaurelApp app, Guid id, Role role = Role.User) => app.Anonymous.As(app.PersonToken(id, role));

    /// <summary>An event with this one offer of ten points, and the activity that earns it.</summary>
    public static async Task<(string Event, string Type)> Offers(this LaurelApp app, Api @operator, Func<string, object>? offer = null)
    {
        var type = Playing.NewUser();
        var reward = await @operator.CreatesReward();
        return (await @operator.Runs(app.Draft(Goal.Count(type, 1)) with { Offers = [offer?.Invoke(reward) ?? new { rewardId = reward }] }), type);
    }

    public static async Task Earns(this LaurelApp app, string type, params Guid[] players) =>
        (await app.GameServer().Reports([.. players.Select(player => Playing.Did($"{player}", type, app.Clock.GetUtcNow()))])).Is(200);

    public static Task<Answer> Claims(this Api player, string @event) => player.Post($"/v1/events/{@event}/claims", new { });

    /// <summary>The ids of claims that wait for approval, one of each player.</summary>
    public static async Task<List<string>> Pending(this LaurelApp app, (string Event, string Type) offered, params Guid[] players)
    {
        await app.Earns(offered.Type, players);
        var ids = new List<string>();
        foreach (var player in players)
        {
            var claim = (await app.Me(player).Claims(offered.Event)).Is(201).Json["claims"]![0]!;
            Assert.Equal("pending", (string)claim["status"]!);
            ids.Add((string)claim["id"]!);
        }

        return ids;
    }

    public static async Task<long> Points(this LaurelApp app, Guid player) =>
        (long)(await app.Me(player).Get("/v1/me/points")).Is(200).Json["balance"]!;

    public static async Task<JsonNode> Claim(this Api staff, string id) => (await staff.Get($"/v1/claims/{id}")).Is(200).Json;

    public static async Task<string> StatusOf(this Api staff, string id) => (string)(await staff.Claim(id))["status"]!;

    public static Task<Answer> Grants(this Api @operator, string user, string reward, string? key, string reason = "for the outage") =>
        @operator.Send(
            HttpMethod.Post, "/v1/grants", Api.Json(new { userId = user, rewardId = reward, reason }), key is null ? [] : [("Idempotency-Key", key)]);
}

using System.Text.Json.Nodes;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Support;

/// <summary>What game servers and players do, in their words.</summary>
public static class Playing
{
    /// <summary>A game server: a service account that reports activities.</summary>
    public static Api GameServer(this LaurelApp app) => app.Anonymous.As(app.ServiceToken(Scopes.ActivitiesWrite));

    /// <summary>A user whom the game knows; Laurel has no account of theirs.</summary>
    public static string NewUser() => $"user-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    /// <summary>The id of somebody whom only a token knows.</summary>
    public static Guid NewPerson() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    /// <summary>Waits until every sign-in so far has become an activity. How many users have such.</summary>
    public static async Task<long> LoginsCounted(this LaurelApp app)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Eventually.True(async () => await app.Database.QueryOne("SELECT count(*) FROM outbox WHERE kind <> 'erasure'", row => row.GetInt64(0), [], cancellation) == 0);
        return await app.Events.QueryOne("SELECT count(DISTINCT user_id) FROM activities WHERE type = 'login'", row => row.GetInt64(0), [], cancellation);
    }

    public static object Did(
        string userId, string type, DateTimeOffset at, string? id = null, long? value = null, object? attributes = null) =>
        new { userId, type, occurredAt = at, id = id ?? Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N"), value, attributes };

    public static Task<Answer> Reports(this Api gameServer, params object[] activities) => gameServer.Post("/v1/activities", activities);

    /// <summary>The outcome of each activity, with the code of a refusal.</summary>
    public static string[] Outcomes(this Answer answer) =>
        [.. answer.Is(200).Json["results"]!.AsArray().Select(result => result!["outcome"]! + (result["code"] is { } code ? $" {code}" : ""))];

    /// <summary>A player's progress in an event.</summary>
    public static async Task<JsonNode> Progress(this Api player, string eventId) => (await player.Get($"/v1/me/progress/{eventId}")).Is(200).Json;

    /// <summary>Where the leaf at a path stands.</summary>
    public static long Current(this JsonNode progress, string path = "condition") =>
        progress["leaves"]!.AsArray().Single(leaf => leaf!["path"]!.GetValue<string>() == path)!["current"]!.GetValue<long>();
}

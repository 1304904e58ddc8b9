namespace Laurel.Tests.Support;

/// <summary>What operators do, in their words.</summary>
public static class Operating
{
    /// <summary>A draft that began a day ago and goes on for a month.</summary>
    public static DraftEvent Draft(this LaurelApp app, object? condition = null) =>
        new(app.Clock.GetUtcNow().AddDays(-1), app.Clock.GetUtcNow().AddDays(30), condition ?? Goal.Count("kill", 10));

    /// <summary>The id of a new reward; of ten points, unless told.</summary>
    public static async Task<string> CreatesReward(this Api @operator, params object[] contents) =>
        (await @operator.Post("/v1/rewards", new { name = "A reward", contents = contents.Length > 0 ? contents : [new { type = "points", amount = 10 }] }))
            .Is(201).Field("id");

    /// <summary>The id of a new draft.</summary>
    public static async Task<string> Creates(this Api @operator, DraftEvent draft)
    {
        var offers = draft.Offers ?? [new { rewardId = await @operator.CreatesReward() }];
        return (await @operator.Post("/v1/events", draft with { Offers = offers })).Is(201).Field("id");
    }

    /// <summary>The id of a new event that is active.</summary>
    public static async Task<string> Runs(this Api @operator, DraftEvent draft)
    {
        var id = await @operator.Creates(draft);
        (await @operator.Activates(id)).Is(200);
        return id;
    }

    public static Task<Answer> Activates(this Api @operator, string id) => @operator.Patch($"/v1/events/{id}/status", new { status = "active" });

    public static Task<Answer> SwitchesOff(this Api @operator, string id) => @operator.Patch($"/v1/events/{id}/status", new { status = "inactive" });

    /// <summary>Patches what has this version; whatever version there is, where none is given.</summary>
    public static Task<Answer> Patches(this Api @operator, string path, object change, string? ifMatch = null) =>
        @operator.Send(HttpMethod.Patch, path, Api.Json(change), ifMatch is null ? [] : [("If-Match", ifMatch)]);

    /// <summary>When all progress in the event has been counted anew.</summary>
    public static Task Settles(this Api @operator, string id) =>
        Eventually.True(async () => !(await @operator.Get($"/v1/events/{id}")).Is(200).Json["catchingUp"]!.GetValue<bool>());
}

using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

/// <summary>From a draft to its end.</summary>
public sealed class EventLife(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_new_event_is_a_draft_as_it_was_sent()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var reward = await @operator.CreatesReward();
        var draft = app.Draft(Goal.Any(Goal.Count("kill", 100, new { map = "north", level = new { gte = 10 } }), Goal.Streak(3, grace: 1))) with
        {
            Title = "여름 이벤트",
            DayStartsAt = "05:00",
            Repeats = "weekly",
            Offers = [new { rewardId = reward, condition = Goal.Quest("dragon"), stock = 5, requiresApproval = true }],
        };
        var made = (await @operator.Post("/v1/events", draft)).Is(201);

        Assert.Equal("\"1\"", made.Headers.ETag!.Tag);
        Assert.Equal($"/v1/events/{made.Field("id")}", made.Headers.Location!.ToString());
        Assert.Equal(("draft", "running", "여름 이벤트", "05:00", "weekly", "604800", "1"),
            (made.Field("status"), made.Field("phase"), made.Field("title"), made.Field("dayStartsAt"), made.Field("repeats"), made.Field("claimWithinSeconds"), made.Field("version")));
        var shown = (await @operator.Get($"/v1/events/{made.Field("id")}")).Is(200);
        Assert.Equal(made.Text, shown.Text);
        Assert.Equal("""{"type":"quest","questId":"dragon"}""", shown.Json["offers"]![0]!["condition"]!.ToJsonString());
        Assert.Equal("""[{"type":"points","amount":10}]""", shown.Json["offers"]![0]!["contents"]!.ToJsonString());
    }

    [Fact]
    public async Task An_active_event_is_in_the_catalog_and_players_see_it()
    {
        var (@operator, player) = ((await app.SignedIn(Role.Operator)).Api, (await app.SignedIn()).Api);
        var id = await @operator.Creates(app.Draft());
        (await player.Get($"/v1/events/{id}")).Refused(404, "not_found");
        Assert.DoesNotContain(Active(), running => running.Id.ToString() == id);

        (await @operator.Activates(id)).Is(200);
        Assert.Contains(Active(), running => running.Id.ToString() == id);
        Assert.Null((await player.Get($"/v1/events/{id}")).Is(200).Json["createdBy"]);

        (await @operator.SwitchesOff(id)).Is(200);
        (await player.Get($"/v1/events/{id}")).Refused(404, "not_found");
        Assert.DoesNotContain(Active(), running => running.Id.ToString() == id);
    }

    private IReadOnlyList<RunningEvent> Active() => app.Services.GetRequiredService<EventCatalog>().Current.Active;
}

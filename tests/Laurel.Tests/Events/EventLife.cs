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
        Assert.Equal(
            ("draft", "running", "여름 이벤트", "05:00", "weekly", "604800", "1"),
            (made.Field("status"), made.Field("phase"), made.Field("title"), made.Field("dayStartsAt"), made.Field("repeats"), made.Field("claimWithinSeconds"), made.Field("version")));
        var shown = (await @operator.Get($"/v1/events/{made.Field("id")}")).Is(200);
        Assert.Equal(made.Text, shown.Text);
        Assert.Equal("""{"type":"quest","questId":"dragon"}""", shown.Json["offers"]![0]!["condition"]!.ToJsonString());
        Assert.Equal("""[{"type":"points","amount":10}]""", shown.Json["offers"]![0]!["contents"]!.ToJsonString());
    }

    [Fact]
    public async Task Players_see_what_is_active_and_nothing_internal()
    {
        var (@operator, player) = ((await app.SignedIn(Role.Operator)).Api, (await app.SignedIn()).Api);
        var id = await @operator.Creates(app.Draft());
        (await player.Get($"/v1/events/{id}")).Refused(404, "not_found");
        Assert.DoesNotContain(id, await Listed(player, ""));
        Assert.DoesNotContain(id, await Active());

        (await @operator.Activates(id)).Is(200);
        Assert.Contains(id, await Active());
        Assert.Contains(id, await Listed(player, ""));
        var shown = (await player.Get($"/v1/events/{id}")).Is(200).Json.AsObject();
        Assert.Empty(shown.Select(field => field.Key).Intersect(["createdAt", "createdBy", "updatedAt", "updatedBy", "firstActivatedAt", "epoch", "catchingUp", "quarantine"]));
        Assert.Equal("10", shown["offers"]![0]!["contents"]![0]!["amount"]!.ToString());
        Assert.NotNull((await (await app.SignedIn(Role.Auditor)).Api.Get($"/v1/events/{id}")).Is(200).Json["createdBy"]);

        (await @operator.SwitchesOff(id)).Is(200);
        (await player.Get($"/v1/events/{id}")).Refused(404, "not_found");
        Assert.DoesNotContain(id, await Listed(player, ""));
        Assert.Empty(await Listed(player, "status=inactive"));
        Assert.DoesNotContain(id, await Active());
    }

    [Fact]
    public async Task An_event_without_offers_is_not_activated()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = (await @operator.Post("/v1/events", app.Draft())).Is(201).Field("id");

        (await @operator.Activates(id)).Refused(422, "rule_broken").Because("offers", "no_offers");
        Assert.Equal("draft", (await @operator.Get($"/v1/events/{id}")).Is(200).Field("status"));
        (await @operator.Post($"/v1/events/{id}/offers", new { rewardId = await @operator.CreatesReward() })).Is(201);
        (await @operator.Activates(id)).Is(200);
    }

    [Fact]
    public async Task An_event_that_is_over_is_not_activated_but_one_whose_rewards_can_be_claimed_is()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var past = new DraftEvent(app.Clock.GetUtcNow().AddDays(-3), app.Clock.GetUtcNow().AddDays(-1), Goal.Quest("dragon"));
        var over = await @operator.Creates(past with { ClaimWithinSeconds = 3600 });
        var claimable = await @operator.Creates(past);

        (await @operator.Activates(over)).Refused(422, "rule_broken").Because("endsAt", "over");
        Assert.Equal("claimable", (await @operator.Activates(claimable)).Is(200).Field("phase"));
    }

    [Fact]
    public async Task The_clock_tells_the_phase()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var now = app.Clock.GetUtcNow();
        var id = await @operator.Creates(new DraftEvent(now.AddDays(1), now.AddDays(3), Goal.Quest("dragon")) { Title = "Phases", Repeats = "daily", ClaimWithinSeconds = 86_400 });

        // Two days that repeat daily: between the windows it is running, and claimable is what follows the last of them.
        foreach (var (phase, days) in new[] { ("upcoming", 0), ("running", 1), ("running", 1), ("claimable", 1), ("over", 1) })
        {
            app.Clock.Advance(TimeSpan.FromDays(days) + TimeSpan.FromSeconds(days));
            @operator = (await app.SignedIn(Role.Operator)).Api;
            Assert.Equal(phase, (await @operator.Get($"/v1/events/{id}")).Is(200).Field("phase"));
            foreach (var other in Enum.GetNames<Phase>().Select(name => name.ToLowerInvariant()))
                Assert.Equal(other == phase, (await Listed(@operator, $"phase={other}&q=Phases")).Contains(id));
        }
    }

    [Fact]
    public async Task The_list_is_filtered_newest_first_and_paged()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var ids = new List<string>();
        for (var month = 0; month < 5; month++)
            ids.Insert(0, await @operator.Creates(new DraftEvent(start.AddMonths(month), start.AddMonths(month + 1), Goal.Quest("dragon")) { Title = $"List 100%_{month}" }));
        (await @operator.Activates(ids[0])).Is(200);

        Assert.Equal(ids, await Listed(@operator, "q=list%20100%25_"));
        Assert.Equal(ids[..1], await Listed(@operator, "q=LIST%20100&status=active"));
        Assert.Equal(ids[1..], await Listed(@operator, "q=List%20100&status=draft"));
        Assert.Equal(ids[1..3], await Listed(@operator, "q=List%20100&from=2030-03-01T09:00:00%2B09:00&to=2030-05-01T00:00:00Z"));
        Assert.Empty(await Listed(@operator, "q=List%20100a_"));

        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await @operator.Get($"/v1/events?q=List%20100&limit=2{cursor}")).Is(200).Json;
            seen.AddRange(page["items"]!.AsArray().Select(listed => listed!["id"]!.GetValue<string>()));
            cursor = page["nextCursor"] is { } next ? $"&cursor={next.GetValue<string>()}" : null;
        }

        Assert.Equal(ids, seen);
    }

    [Theory]
    [InlineData("status=gone", "status", "bad_value")]
    [InlineData("phase=soon", "phase", "bad_value")]
    [InlineData("from=yesterday", "from", "bad_value")]
    [InlineData("to=2030-01-01T00:00:00", "to", "bad_value")]
    [InlineData("title=a", "title", "unknown_parameter")]
    public async Task A_list_by_what_cannot_be_read_is_refused(string query, string path, string code) =>
        (await (await app.SignedIn()).Api.Get($"/v1/events?{query}")).Refused(400, "bad_query").Because(path, code);

    [Fact]
    public async Task Only_a_draft_is_deleted()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (draft, active) = (await @operator.Creates(app.Draft()), await @operator.Runs(app.Draft()));

        (await @operator.Delete($"/v1/events/{active}")).Refused(409, "not_a_draft");
        (await @operator.SwitchesOff(active)).Is(200);
        (await @operator.Delete($"/v1/events/{active}")).Refused(409, "not_a_draft");
        (await @operator.Delete($"/v1/events/{draft}")).Is(204);
        (await @operator.Get($"/v1/events/{draft}")).Refused(404, "not_found");
        (await @operator.Delete($"/v1/events/{draft}")).Refused(404, "not_found");
        (await @operator.Get($"/v1/events/{draft}/versions")).Refused(404, "not_found");
    }

    [Fact]
    public async Task Switching_to_what_it_is_changes_nothing()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());

        (await @operator.SwitchesOff(id)).Refused(409, "still_a_draft");
        Assert.Equal("2", (await @operator.Activates(id)).Is(200).Field("version"));
        Assert.Equal("2", (await @operator.Activates(id)).Is(200).Field("version"));
        Assert.Equal("3", (await @operator.SwitchesOff(id)).Is(200).Field("version"));
        Assert.Equal("3", (await @operator.SwitchesOff(id)).Is(200).Field("version"));
        (await @operator.Patch($"/v1/events/{id}/status", new { status = "draft" })).Refused(400, "malformed_body").Because("status", "wrong_kind");
        (await @operator.Patch($"/v1/events/{id}/status", new { })).Refused(400, "malformed_body").Because("status", "missing_field");
        (await @operator.Activates(Guid.Empty.ToString())).Refused(404, "not_found");
        (await @operator.Activates("no-uuid")).Refused(404, "not_found");
    }

    private static async Task<List<string>> Listed(Api reader, string query) =>
        [.. (await reader.Get($"/v1/events?limit=200&{query}")).Is(200).Json["items"]!.AsArray().Select(listed => listed!["id"]!.GetValue<string>())];

    /// <summary>As a process sees it that has just looked.</summary>
    private async Task<IEnumerable<string>> Active() =>
        (await app.Services.GetRequiredService<EventCatalog>().Load(TestContext.Current.CancellationToken)).Active.Select(running => running.Id.ToString());
}

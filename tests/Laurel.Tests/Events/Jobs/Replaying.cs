using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Jobs;

/// <summary>An operator has an event counted anew, or looks first at what that, or an edit, would change.</summary>
public sealed class Replaying(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task What_is_stored_wrong_is_mended_and_told()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("row", 2)));
        await @operator.Settles(id);
        var users = Enumerable.Range(0, 40).Select(_ => Playing.NewUser()).ToList();
        await app.GameServer().Reports([.. users.SelectMany((user, at) => Enumerable.Range(0, 1 + (at % 2)).Select(_ => Playing.Did(user, "row", Now)))]);
        // As a bug could have left it: one has what they never did, another has lost theirs.
        await app.Events.Execute(
            "UPDATE progress SET (met, state) = (SELECT met, state FROM progress WHERE event_id = $1 AND user_id = $3) WHERE event_id = $1 AND user_id = $2",
            [Guid.Parse(id), users[0], users[1]], Cancellation);
        await app.Events.Execute("DELETE FROM progress WHERE event_id = $1 AND user_id = $2", [Guid.Parse(id), users[3]], Cancellation);
        var before = await State(id);

        var preview = await Job(@operator.Post($"/v1/events/{id}/replay?preview=true"));
        preview.Is("preview", "done", gained: 1, lost: 1);
        Assert.Equal((0, 40), ((int?)preview["toGo"], (int?)preview["result"]!["participants"]));
        Assert.Equal(before, await State(id));
        var changes = (await @operator.Get($"/v1/jobs/{preview["id"]}/changes")).Is(200).Json["items"]!.AsArray();
        Assert.Equal(
            new[] { (users[0], false, true), (users[3], true, false) }.OrderBy(one => one.Item1, StringComparer.Ordinal),
            changes.Select(one => ((string)one!["userId"]!, (bool)one["gainedCondition"]!, (bool)one["lostCondition"]!)));

        var replay = await Job(@operator.Post($"/v1/events/{id}/replay"));
        replay.Is("catch_up", "done", gained: 1, lost: 1);
        Assert.Equal(2, (int?)replay["epoch"]);
        Assert.Empty(await ProgressAudit.Differences(app.Events, Cancellation));
        var version = (await @operator.Get($"/v1/events/{id}/versions")).Is(200).Json["items"]![0]!;
        Assert.Equal(("3", "replayed", "2"), (version["version"]!.ToString(), version["change"]!.ToString(), version["content"]!["epoch"]!.ToString()));
        (await Job(@operator.Post($"/v1/events/{id}/replay?preview=true"))).Is("preview", "done", gained: 0, lost: 0);
    }

    [Fact]
    public async Task An_edit_is_tried_before_it_is_made()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("ski", 3)));
        await @operator.Settles(id);
        var (one, two, skater) = (Playing.NewUser(), Playing.NewUser(), Playing.NewUser());
        await app.GameServer().Reports(
            [.. Enumerable.Range(0, 3).Select(_ => Playing.Did(one, "ski", Now)), .. Enumerable.Range(0, 2).Select(_ => Playing.Did(two, "ski", Now)), Playing.Did(skater, "skate", Now)]);
        var stored = (await @operator.Get($"/v1/events/{id}")).Is(200).Text;
        var before = await State(id);

        (await Preview(new { condition = Goal.Count("ski", 2) })).Is("preview", "done", gained: 1, lost: 0);
        (await Preview(new { condition = Goal.Count("skate", 1) })).Is("preview", "done", gained: 1, lost: 1);
        (await Preview(new { startsAt = Now.AddHours(1) })).Is("preview", "done", gained: 0, lost: 1);
        (await Preview(new { title = "The same" })).Is("preview", "done", gained: 0, lost: 0);
        Assert.Equal(before, await State(id));
        Assert.Equal(stored, (await @operator.Get($"/v1/events/{id}")).Is(200).Text);

        (await @operator.SwitchesOff(id)).Is(200);
        (await Preview(new { condition = Goal.Count("ski", 2) })).Is("preview", "done", gained: 1, lost: 0);

        Task<System.Text.Json.Nodes.JsonNode> Preview(object patch) => Job(@operator.Post($"/v1/events/{id}/replay?preview=true", patch));
    }

    [Fact]
    public async Task What_cannot_be_counted_anew_is_refused()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (draft, id) = (await @operator.Creates(app.Draft()), await @operator.Runs(app.Draft()));
        await @operator.Settles(id);

        foreach (var query in new[] { "", "?preview=true" })
        {
            (await @operator.Post($"/v1/events/{draft}/replay{query}")).Refused(409, "still_a_draft");
            (await @operator.Post($"/v1/events/{Guid.CreateVersion7(Now)}/replay{query}")).Refused(404, "not_found");
            (await @operator.Send(HttpMethod.Post, $"/v1/events/{id}/replay{query}", null, ("If-Match", "\"1\""))).Refused(412, "version_mismatch");
        }

        (await @operator.Post($"/v1/events/{id}/replay", new { title = "New" })).Refused(422, "rule_broken").Because("$", "preview_only");
        (await @operator.Post($"/v1/events/{id}/replay?preview=maybe")).Refused(400, "bad_query").Because("preview", "bad_value");
        (await Preview(new { })).Refused(422, "rule_broken").Because("$", "nothing_to_change");
        (await Preview(new { name = "New" })).Refused(400, "malformed_body").Because("name", "unknown_field");
        (await Preview(new { title = "" })).Refused(422, "rule_broken").Because("title", "length");
        (await Preview(new { condition = Goal.Count("kill", 0) })).Refused(422, "rule_broken").Because("condition.atLeast", "out_of_range");
        (await Preview(new { timeZone = "Europe/Paris" })).Refused(409, "calendar_frozen").Because("timeZone", "frozen");
        (await @operator.SwitchesOff(id)).Is(200);
        (await @operator.Post($"/v1/events/{id}/replay")).Refused(409, "event_not_running");
        Assert.Single(await @operator.Jobs(id));

        Task<Answer> Preview(object patch) => @operator.Post($"/v1/events/{id}/replay?preview=true", patch);
    }

    [Fact]
    public async Task A_preview_of_what_has_changed_meanwhile_is_superseded()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("wait", 1)));
        await @operator.Settles(id);
        // Its first batch stands here, so that the change comes in its middle.
        await using var held = await app.Events.Hold("LOCK TABLE progress IN ACCESS EXCLUSIVE MODE");
        var answer = (await @operator.Post($"/v1/events/{id}/replay?preview=true")).Is(202);
        (await @operator.Patches($"/v1/events/{id}", new { title = "Changed" })).Is(200);
        await held.CommitAsync(Cancellation);
        Assert.Equal("superseded", (await @operator.Job(answer.Headers.Location!.ToString())).Status());
    }

    private async Task<System.Text.Json.Nodes.JsonNode> Job(Task<Answer> answered)
    {
        var answer = (await answered).Is(202);
        return await (await app.SignedIn(Role.Operator)).Api.Job(answer.Headers.Location!.ToString());
    }

    private Task<List<string>> State(string id) => app.Events.Query(
        "SELECT user_id || version || epoch || met || encode(state, 'hex') FROM progress WHERE event_id = $1 ORDER BY user_id", row => row.GetString(0), [Guid.Parse(id)], Cancellation);
}

public sealed class ReplayingWhatIsGone(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_refused()
    {
        var now = app.Clock.GetUtcNow();
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (once, daily) = (await @operator.Runs(app.Draft() with { StartsAt = now.AddDays(-60) }), await @operator.Runs(app.Draft() with { StartsAt = now.AddDays(-60), Repeats = "daily" }));
        await app.Events.Execute("INSERT INTO generations (number, started_at) VALUES (2, now() - interval '30 days')", [], Cancellation);
        await app.Events.Execute("DELETE FROM generations WHERE number = 1", [], Cancellation);
        await app.Services.GetRequiredService<EventCatalog>().Announce(Cancellation);

        (await @operator.Post($"/v1/events/{once}/replay")).Refused(422, "beyond_horizon");
        (await @operator.Post($"/v1/events/{once}/replay?preview=true")).Refused(422, "beyond_horizon");
        // Of one that repeats, all that can still be claimed is stored.
        (await @operator.Post($"/v1/events/{daily}/replay?preview=true")).Is(202);
        (await @operator.Post($"/v1/events/{daily}/replay?preview=true", new { claimWithinSeconds = 40 * 24 * 3600 })).Refused(422, "beyond_horizon");
    }
}

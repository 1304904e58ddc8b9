using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events;

/// <summary>Changing an event, in its life too, without losing progress or another operator's work.</summary>
public sealed class EditingEvents(LaurelApp app) : IClassFixture<LaurelApp>
{
    [Fact]
    public async Task A_patch_replaces_what_it_names_and_null_takes_back_what_is_optional()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft(Goal.Attendance(1, activity: "visit")) with { Repeats = "daily", DayStartsAt = "05:00", ClaimWithinSeconds = 60 });

        var patched = (await @operator.Patches($"/v1/events/{id}", new { title = "Another", condition = Goal.Streak(1) })).Is(200);
        Assert.Equal(("Another", "daily", "05:00", "60", "2"), (patched.Field("title"), patched.Field("repeats"), patched.Field("dayStartsAt"), patched.Field("claimWithinSeconds"), patched.Field("version")));
        Assert.Equal("streak check_in", $"{patched.Json["condition"]!["type"]} {patched.Json["condition"]!["activity"]}");

        var reset = (await Raw(@operator, id, """{"repeats":null,"dayStartsAt":null,"claimWithinSeconds":null}""")).Is(200);
        Assert.Equal(("once", "00:00", "604800"), (reset.Field("repeats"), reset.Field("dayStartsAt"), reset.Field("claimWithinSeconds")));
        foreach (var required in new[] { "title", "description", "startsAt", "endsAt", "timeZone", "condition" })
            (await Raw(@operator, id, $$"""{"{{required}}":null}""")).Refused(400, "malformed_body").Because(required, "null");
    }

    [Fact]
    public async Task Times_are_kept_to_the_millisecond()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());

        var patched = (await Raw(@operator, id, """{"startsAt":"2026-01-01T09:00:00.1239999+09:00"}""")).Is(200);
        Assert.Equal("2026-01-01T00:00:00.123Z", patched.Field("startsAt"));
        Assert.Equal("2", (await Raw(@operator, id, """{"startsAt":"2026-01-01T00:00:00.123456Z"}""")).Is(200).Field("version"));
    }

    [Fact]
    public async Task A_patch_that_changes_nothing_is_no_version()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Attendance(3)));
        await @operator.Settles(id);
        var before = (await @operator.Get($"/v1/events/{id}")).Is(200);

        var after = (await @operator.Patches($"/v1/events/{id}", new { title = before.Field("title"), repeats = "once", condition = Goal.Attendance(3, activity: "check_in") })).Is(200);
        Assert.Equal(before.Text, after.Text);
        (await @operator.Patches($"/v1/events/{id}", new { })).Refused(422, "rule_broken").Because("$", "nothing_to_change");
        (await @operator.Patches($"/v1/events/{id}", new { offers = Array.Empty<object>() })).Refused(400, "malformed_body").Because("offers", "unknown_field");
        (await @operator.Patches($"/v1/events/{Guid.Empty}", new { title = "Nobody's" })).Refused(404, "not_found");
    }

    [Fact]
    public async Task A_merge_patch_may_be_called_what_it_is()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());
        var content = Api.Json(new { title = "By its media type" });
        content.Headers.ContentType = new("application/merge-patch+json");

        Assert.Equal("By its media type", (await @operator.Send(HttpMethod.Patch, $"/v1/events/{id}", content)).Is(200).Field("title"));
    }

    [Fact]
    public async Task Zone_start_of_day_and_repeats_stay_after_the_first_activation()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Creates(app.Draft());
        (await @operator.Patches($"/v1/events/{id}", new { timeZone = "Europe/Berlin", dayStartsAt = "04:30", repeats = "weekly" })).Is(200);
        (await @operator.Activates(id)).Is(200);

        foreach (var state in new[] { "active", "inactive" })
        {
            (await @operator.Patches($"/v1/events/{id}", new { timeZone = "UTC", title = "Frozen" })).Refused(409, "calendar_frozen").Because("timeZone", "frozen");
            (await @operator.Patches($"/v1/events/{id}", new { dayStartsAt = "05:00" })).Refused(409, "calendar_frozen").Because("dayStartsAt", "frozen");
            (await Raw(@operator, id, """{"repeats":null}""")).Refused(409, "calendar_frozen").Because("repeats", "frozen");
            Assert.Equal(("An event", state), ((await @operator.Get($"/v1/events/{id}")).Is(200).Field("title"), (await @operator.Get($"/v1/events/{id}")).Field("status")));
            (await @operator.Patches($"/v1/events/{id}", new { repeats = "weekly", description = state })).Is(200);
            (await @operator.SwitchesOff(id)).Is(200);
        }
    }

    [Fact]
    public async Task Whoever_saw_an_older_version_does_not_overwrite_a_newer_one()
    {
        var (one, other) = ((await app.SignedIn(Role.Operator)).Api, (await app.SignedIn(Role.Operator)).Api);
        var id = await one.Creates(app.Draft());
        var seen = (await other.Get($"/v1/events/{id}")).Is(200).Headers.ETag!.Tag;
        var path = $"/v1/events/{id}";
        Assert.Equal("\"2\"", (await one.Patches(path, new { title = "First" }, seen)).Is(200).Headers.ETag!.Tag);

        (await other.Patches(path, new { title = "Second" }, seen)).Refused(412, "version_mismatch");
        (await other.Patches(path, new { title = "Second" }, "W/\"2\"")).Refused(412, "version_mismatch");
        (await other.Patches(path, new { title = "Second" }, "2")).Refused(400, "bad_request");
        (await other.Patches($"{path}/status", new { status = "active" }, seen)).Refused(412, "version_mismatch");
        (await other.Send(HttpMethod.Delete, path, null, ("If-Match", seen))).Refused(412, "version_mismatch");
        Assert.Equal("First", (await one.Get(path)).Is(200).Field("title"));
        (await other.Patches(path, new { title = "Second" }, "\"7\", \"2\"")).Is(200);
        (await other.Patches(path, new { title = "Third" }, "*")).Is(200);
        // A draft is nobody's danger: without If-Match the last one wins.
        (await one.Patches(path, new { title = "Fourth" })).Is(200);
    }

    [Fact]
    public async Task What_somebody_else_changed_last_takes_the_version_once_it_is_active()
    {
        var (one, other) = ((await app.SignedIn(Role.Operator)).Api, (await app.SignedIn(Role.Operator)).Api);
        var id = await one.Runs(app.Draft());
        var path = $"/v1/events/{id}";
        var offer = $"{path}/offers/{(await one.Get(path)).Is(200).Json["offers"]![0]!["id"]}";

        (await other.Patches(path, new { title = "Second" })).Refused(428, "if_match_required");
        (await other.Patches(offer, new { stock = 3 })).Refused(428, "if_match_required");
        (await other.Delete(offer)).Refused(428, "if_match_required");
        (await one.Patches(path, new { title = "First" })).Is(200);
        (await other.Patches(path, new { title = "Second" }, "\"3\"")).Is(200);
        (await one.Patches(path, new { title = "Third" })).Refused(428, "if_match_required");
        // In need it is switched off by whoever is there.
        (await one.SwitchesOff(id)).Is(200);
        (await other.Patches(path, new { title = "Fourth" })).Is(200);
    }

    [Fact]
    public async Task Every_version_is_kept_with_who_when_and_what()
    {
        var (one, other) = (await app.SignedIn(Role.Operator), await app.SignedIn(Role.Admin));
        var id = await one.Api.Creates(app.Draft() with { Title = "One" });
        (await one.Api.Patches($"/v1/events/{id}", new { title = "Two" })).Is(200);
        var offer = (await other.Api.Post($"/v1/events/{id}/offers", new { rewardId = await one.Api.CreatesReward(), condition = Goal.Quest("dragon") })).Is(201).Field("id");
        (await other.Api.Patches($"/v1/events/{id}/offers/{offer}", new { closed = true })).Is(200);
        (await one.Api.Activates(id)).Is(200);
        (await one.Api.Delete($"/v1/events/{id}/offers/{offer}")).Is(204);
        (await other.Api.SwitchesOff(id)).Is(200);

        var versions = (await (await app.SignedIn(Role.Auditor)).Api.Get($"/v1/events/{id}/versions")).Is(200).Json["items"]!.AsArray();
        var (first, second) = (one.Account.Id.ToString(), other.Account.Id.ToString());
        Assert.Equal(
            [
                ("7", "deactivated", second, "Two", "inactive", 1),
                ("6", "offerRemoved", first, "Two", "active", 1),
                ("5", "activated", first, "Two", "active", 2),
                ("4", "offerChanged", second, "Two", "draft", 2),
                ("3", "offerAdded", second, "Two", "draft", 2),
                ("2", "edited", first, "Two", "draft", 1),
                ("1", "created", first, "One", "draft", 1),
            ],
            versions.Select(version => (
                version!["version"]!.ToString(), version["change"]!.ToString(), version["changedBy"]!.ToString(),
                version["content"]!["title"]!.ToString(), version["content"]!["status"]!.ToString(), version["content"]!["offers"]!.AsArray().Count)));
        Assert.Equal("""{"questId":"dragon","type":"quest"}""", versions[2]!["content"]!["offers"]![1]!["condition"]!.ToJsonString());
        (await (await app.SignedIn()).Api.Get($"/v1/events/{id}/versions")).Refused(403, "forbidden");
        var page = (await one.Api.Get($"/v1/events/{id}/versions?limit=3")).Is(200);
        var next = (await one.Api.Get($"/v1/events/{id}/versions?limit=4&cursor={page.Field("nextCursor")}")).Is(200).Json;
        Assert.Equal(["4", "3", "2", "1"], next["items"]!.AsArray().Select(version => version!["version"]!.ToString()));
    }

    /// <summary>What is done with an event that runs, and what becomes of the progress in it: the epoch, and the jobs since.</summary>
    public static TheoryData<string, string, int, string> Changes => new()
    {
        { "title", """{"title":"Another"}""", 1, "" },
        { "time to claim", """{"claimWithinSeconds":1}""", 1, "" },
        { "goal", """{"condition":{"type":"count","activity":"kill","atLeast":5}}""", 1, "rejudge" },
        { "combination of what is measured already", """{"condition":{"type":"any","of":[{"type":"count","activity":"kill","atLeast":5}]}}""", 1, "rejudge" },
        { "what is measured", """{"condition":{"type":"sum","activity":"kill","atLeast":5}}""", 2, "catch_up" },
        { "a filter", """{"condition":{"type":"count","activity":"kill","where":{"map":"north"},"atLeast":10}}""", 2, "catch_up" },
        { "the period", """{"endsAt":"2090-01-01T00:00:00Z","startsAt":"2089-01-01T00:00:00Z"}""", 2, "catch_up" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_of_what_is_measured_opens_an_epoch(string what, string patch, int epoch, string job)
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft() with { Title = what });
        Assert.Equal(["catch_up 1"], await Jobs(id));

        var patched = (await Raw(@operator, id, patch)).Is(200);
        Assert.Equal(epoch.ToString(), patched.Field("epoch"));
        Assert.Equal(job.Length == 0 ? ["catch_up 1"] : ["catch_up 1", $"{job} {epoch}"], await Jobs(id));
    }

    [Fact]
    public async Task Offers_of_an_event_that_runs_are_judged_anew()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        var path = $"/v1/events/{id}/offers";

        var plain = (await @operator.Post(path, new { rewardId = await @operator.CreatesReward() })).Is(201).Field("id");
        Assert.Equal(["catch_up 1", "rejudge 1"], await Jobs(id));
        (await @operator.Patches($"{path}/{plain}", new { stock = 5, closed = true, requiresApproval = true })).Is(200);
        Assert.Equal(2, (await Jobs(id)).Count);
        (await @operator.Patches($"{path}/{plain}", new { condition = Goal.Count("kill", 50) })).Is(200);
        Assert.Equal("rejudge 1", (await Jobs(id))[^1]);
        (await @operator.Patches($"{path}/{plain}", new { condition = Goal.Max("kill", 50) })).Is(200);
        Assert.Equal("catch_up 2", (await Jobs(id))[^1]);
        (await @operator.Delete($"{path}/{plain}")).Is(204);
        Assert.Equal("catch_up 3", (await Jobs(id))[^1]);
    }

    [Fact]
    public async Task Activation_counts_what_was_done_before_it_and_only_then_needs_a_catch_up()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var now = app.Clock.GetUtcNow();
        var (future, soon) = (
            await @operator.Creates(new DraftEvent(now.AddDays(1), now.AddDays(9), Goal.Quest("dragon"))),
            await @operator.Creates(new DraftEvent(now.AddMinutes(5), now.AddDays(9), Goal.Quest("dragon"))));

        var activated = (await @operator.Activates(future)).Is(200);
        Assert.Equal(("0", "false"), (activated.Field("epoch"), activated.Field("catchingUp")));
        Assert.Empty(await Jobs(future));
        activated = (await @operator.Activates(soon)).Is(200);
        Assert.Equal(("1", "true"), (activated.Field("epoch"), activated.Field("catchingUp")));
        Assert.Equal(["catch_up 1"], await Jobs(soon));
        // While it was off its activities were not folded.
        (await @operator.SwitchesOff(future)).Is(200);
        (await @operator.Patches($"/v1/events/{future}", new { condition = Goal.Quest("kraken") })).Is(200);
        Assert.Empty(await Jobs(future));
        Assert.Equal("1", (await @operator.Activates(future)).Is(200).Field("epoch"));
        Assert.Equal(["catch_up 1"], await Jobs(future));
    }

    private static Task<Answer> Raw(Api @operator, string id, string patch) =>
        @operator.Send(HttpMethod.Patch, $"/v1/events/{id}", new StringContent(patch, System.Text.Encoding.UTF8, "application/json"));

    private Task<List<string>> Jobs(string id) => app.Events.Query(
        "SELECT kind, epoch FROM jobs WHERE event_id = $1 ORDER BY id",
        row => $"{row.GetString(0)} {row.GetInt32(1)}", [Guid.Parse(id)], TestContext.Current.CancellationToken);
}

using System.Text.Json.Nodes;
using Laurel.Events.Progress;
using Laurel.Events.Voids;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events.Jobs;

/// <summary>A bad import is undone: what was reported by mistake counts no longer, and stays known.</summary>
public sealed class TakingActivitiesBack(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => app.Clock.GetUtcNow();

    [Fact]
    public async Task By_their_ids()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("dig", 3)));
        var daily = await @operator.Runs(app.Draft(Goal.Sum("dig", 100)) with { Repeats = "daily" });
        var (digger, other) = (Playing.NewUser(), Playing.NewUser());
        var wrong = Playing.Did(digger, "dig", Now, "wrong", 90);
        await app.GameServer().Reports(
            wrong, Playing.Did(digger, "dig", Now, "right", 20), Playing.Did(digger, "dig", Now, "old", 5), Playing.Did(other, "dig", Now, "wrong", 200));

        var job = await Voids(@operator, new
        {
            reason = "Sent twice",
            activities = new[] { new { userId = digger, id = "wrong" }, new { userId = digger, id = "wrong" }, new { userId = digger, id = "no such" } },
        });
        job.Is("void", "done", gained: 0, lost: 2);
        Assert.Equal((1, 1, 0), ((int?)job["result"]!["activities"], (int?)job["result"]!["users"], (int?)job["result"]!["beyondHorizon"]));
        Assert.Equal((0, 1), ((int?)job["toGo"], (int?)job["done"]));
        var lost = job["result"]!["lost"]!["users"]!.AsArray();
        Assert.Equal(new[] { id, daily }.Order(), lost.Select(one => (string)one!["eventId"]!).Order());
        Assert.All(lost, one => Assert.Equal(digger, (string?)one!["userId"]));

        Assert.Equal(["duplicate"], (await app.GameServer().Reports(wrong)).Outcomes());
        var explained = (await @operator.Get($"/v1/users/{digger}/progress/{id}/explain")).Is(200).Json;
        Assert.Contains("\"voided\"", explained.ToJsonString(), StringComparison.Ordinal);
        await IsRight();
        var kept = await app.Events.QueryOne(
            "SELECT reason, created_by, criteria->'activities'->0->>'id' FROM voids WHERE id = $1",
            row => (row.GetString(0), row.GetString(1), row.GetString(2)), [Guid.Parse((string)job["id"]!)], Cancellation);
        Assert.Equal(("Sent twice", (string?)job["createdBy"], "wrong"), kept);
    }

    [Fact]
    public async Task By_who_sent_them_and_when()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("fish", 2)));
        var (bad, good) = (app.GameServer(), app.GameServer());
        var users = Enumerable.Range(0, 70).Select(_ => Playing.NewUser()).ToList();
        await good.Reports([.. users.Select(user => Playing.Did(user, "fish", Now))]);
        await bad.Reports(Playing.Did(users[0], "fish", Now, "before"));
        var from = await Time();
        var import = users.Skip(10).SelectMany(user => new[] { Playing.Did(user, "fish", Now, "a"), Playing.Did(user, "fish", Now.AddDays(-3), "b") }).ToArray();
        await bad.Reports(import);
        await good.Reports([.. users.Skip(60).Select(user => Playing.Did(user, "fish", Now))]);
        var to = await Time();
        await bad.Reports(Playing.Did(users[1], "fish", Now, "after"));

        // So few at once that some users take more than one batch.
        app.Services.GetRequiredService<VoidWork>().ActivitiesAtOnce = 7;
        var job = await Voids(@operator, new { reason = "A bad import", source = await Source(users[0], "before"), from, to });
        job.Is("void", "done", gained: 0, lost: 50);
        Assert.Equal((120, 60), ((int?)job["result"]!["activities"], (int?)job["result"]!["users"]));
        Assert.Equal((0, 60), ((int?)job["toGo"], (int?)job["done"]));
        Assert.All((await bad.Reports(import)).Outcomes(), outcome => Assert.Equal("duplicate", outcome));
        Assert.Equal(12, await app.Events.QueryOne(
            "SELECT count(*) FROM progress WHERE event_id = $1 AND met & 1 = 1", row => row.GetInt64(0), [Guid.Parse(id)], Cancellation));
        Assert.Equal(0L, await app.Events.QueryOne("SELECT count(*) FROM job_users", row => row.GetInt64(0), [], Cancellation));
        await IsRight();
    }

    [Fact]
    public async Task What_nobody_has_sent_is_nothing_to_take_back()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var job = await Voids(@operator, new { reason = "Nothing", source = Guid.CreateVersion7(Now), from = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.FromHours(-9)), to = await Time() });
        job.Is("void", "done", gained: 0, lost: 0);
        Assert.Equal((0, 0, 0), ((int?)job["result"]!["activities"], (int?)job["result"]!["users"], (int?)job["done"]));
    }

    [Fact]
    public async Task What_cannot_be_meant_is_refused()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var named = new[] { new { userId = "u", id = "a" } };
        var (from, to, source) = (Now.AddHours(-2), Now.AddHours(-1), Guid.CreateVersion7(Now));
        var before = await app.Events.QueryOne("SELECT count(*) FROM voids", row => row.GetInt64(0), [], Cancellation);

        (await Send(new { })).Refused(400, "malformed_body").Because("reason", "missing_field");
        (await Send(new { reason = "r", activities = named, why = "r" })).Refused(400, "malformed_body").Because("why", "unknown_field");
        (await Send(new { reason = "r", activities = new object[] { new { userId = "u" } } })).Refused(400, "malformed_body").Because("activities[0].id", "missing_field");
        (await Send(new { reason = "r", source = "me", from, to })).Refused(400, "malformed_body").Because("source", "wrong_kind");
        (await Send(new { reason = "r", source, from = "yesterday", to })).Refused(400, "malformed_body").Because("from", "wrong_kind");
        (await Send(new { reason = "", activities = named })).Refused(422, "rule_broken").Because("reason", "length");
        (await Send(new { reason = new string('r', 501), activities = named })).Refused(422, "rule_broken").Because("reason", "length");
        (await Send(new { reason = "r" })).Refused(422, "rule_broken").Because("activities", "one_of");
        (await Send(new { reason = "r", activities = named, source })).Refused(422, "rule_broken").Because("activities", "one_of");
        (await Send(new { reason = "r", activities = Array.Empty<object>() })).Refused(422, "rule_broken").Because("activities", "count");
        (await Send(new { reason = "r", activities = Enumerable.Repeat(named[0], 1_001) })).Refused(422, "rule_broken").Because("activities", "count");
        (await Send(new { reason = "r", activities = new[] { new { userId = new string('u', 129), id = "" } } }))
            .Refused(422, "rule_broken").Because("activities[0].userId", "invalid_id").Because("activities[0].id", "invalid_id");
        (await Send(new { reason = "r", source })).Refused(422, "rule_broken").Because("from", "missing_field").Because("to", "missing_field");
        (await Send(new { reason = "r", from, to })).Refused(422, "rule_broken").Because("source", "missing_field");
        (await Send(new { reason = "r", source, from = to, to })).Refused(422, "rule_broken").Because("to", "end_before_start");
        (await Send(new { reason = "r", source, from = DateTimeOffset.MinValue, to })).Refused(422, "rule_broken").Because("from", "out_of_range");
        (await Send(new { reason = "r", source, from, to = Now.AddMinutes(1) })).Refused(422, "rule_broken").Because("to", "out_of_range");
        Assert.Equal(before, await app.Events.QueryOne("SELECT count(*) FROM voids", row => row.GetInt64(0), [], Cancellation));

        Task<Answer> Send(object body) => @operator.Post("/v1/activities/void", body);
    }

    private static async Task<JsonNode> Voids(Api @operator, object body)
    {
        var answer = (await @operator.Post("/v1/activities/void", body)).Is(202);
        Assert.Equal($"/v1/jobs/{answer.Field("id")}", answer.Headers.Location!.ToString());
        return await @operator.Job(answer.Headers.Location.ToString());
    }

    /// <summary>Where activities arrive, later than whatever has arrived.</summary>
    private async Task<DateTimeOffset> Time()
    {
        var next = await app.Events.QueryOne(
            "SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 ms'", row => row.Time(0), [], Cancellation);
        await Eventually.True(async () => await app.Events.QueryOne("SELECT clock_timestamp() > $1", row => row.GetBoolean(0), [next], Cancellation));
        return next;
    }

    private async Task<Guid> Source(string user, string id) => await app.Events.QueryOne(
        "SELECT source FROM activities WHERE user_id = $1 AND id = $2", row => row.GetGuid(0), [user, id], Cancellation);

    private async Task IsRight()
    {
        var differences = await ProgressAudit.Differences(app.Events, Cancellation);
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(10)));
        var summary = new VerificationSummary();
        await app.Services.GetRequiredService<Verification>().Run(null, summary, () => { }, Cancellation);
        Assert.True(summary.Different == 0, string.Join('\n', summary.First));
    }
}

using Laurel.Events;
using Laurel.Events.Catalog;
using Laurel.Events.Progress;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Rules;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Laurel.Tests.Events;

/// <summary>What is stored is compared with what the activities come to.</summary>
public sealed class Verifying(LaurelApp app) : IClassFixture<LaurelApp>
{
    private DateTimeOffset Now => app.Clock.GetUtcNow();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_right_is_found_right_and_each_fault_is_named()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft(Goal.Count("paint", 3)) with { Title = "Painters", Repeats = "daily", TimeZone = "UTC" });
        await @operator.Runs(app.Draft(Goal.Any(Goal.Sum("paint", 9), Goal.Attendance(1, "paint"))));
        var off = await @operator.Runs(app.Draft(Goal.Count("paint", 1)));
        await @operator.Settles(id);
        var at = Now;
        foreach (var user in Enumerable.Range(0, 250).Select(number => $"painter-{number:000}"))
            (await app.GameServer().Reports([.. Enumerable.Range(0, 4).Select(value => Playing.Did(user, "paint", at, value: value))])).Is(200);

        // Whoever signed in has an activity as well.
        var users = 250 + await app.LoginsCounted();

        var clean = await Verify();
        Assert.Empty(clean.First);
        Assert.Equal((users, 750, 0), (clean.Users, clean.Compared, clean.Different));
        Assert.Equal(40, (await Verify(sample: 40)).Users);
        Assert.Equal(users, (await Verify(sample: 1_000)).Users);

        var verb = (await LaurelProcess.Run(app, "verify", "--users", "100")).Well();
        Assert.Contains(verb.Out, line => line.StartsWith("Verified 100 users: all ", StringComparison.Ordinal));
        Assert.Contains("--users", (await LaurelProcess.Run(app, "verify", "--users", "0")).Refused(), StringComparison.Ordinal);

        // An event that is switched off is not counted, so it is not compared.
        (await @operator.SwitchesOff(off)).Is(200);
        Assert.Equal(250, (await Verify()).Skipped[StoredProgress.NotCounted]);

        var today = DateOnly.FromDateTime(at.UtcDateTime);
        var state = Engine.Fold(Definition(id), Progress.Empty, new Activity("paint", Now, null, Attributes.None)).Encode();
        await Change("UPDATE progress SET state = $3 WHERE user_id = 'painter-007' AND event_id = $1 AND window_key = $2", Guid.Parse(id), today, state);
        await Change("UPDATE progress SET met = 7 WHERE user_id = 'painter-070' AND event_id = $1 AND window_key = $2", Guid.Parse(id), today);
        await Change("DELETE FROM progress WHERE user_id = 'painter-100' AND event_id = $1 AND window_key = $2", Guid.Parse(id), today);
        await Change(
            """
            INSERT INTO progress (user_id, event_id, window_key, version, epoch, met, state)
            SELECT 'nobody', id, $2, 1, epoch, 0, $3 FROM events WHERE id = $1
            """,
            Guid.Parse(id), today, state);

        var broken = await Verify();
        Assert.Equal(4, broken.Different);
        Assert.Collection(
            broken.First.Order(),
            line => Assert.Equal($"user 'nobody', event {id} 'Painters', window {today:yyyy-MM-dd}: stored is 1/3, met nothing, should be 0/3, met nothing", line),
            line => Assert.Equal($"user 'painter-007', event {id} 'Painters', window {today:yyyy-MM-dd}: stored is 1/3, met 0 1, should be 4/3, met 0 1", line),
            line => Assert.EndsWith("stored is 4/3, met 0 1 2, should be 4/3, met 0 1", line, StringComparison.Ordinal),
            line => Assert.EndsWith("stored is no row, should be 4/3, met 0 1", line, StringComparison.Ordinal));

        verb = await LaurelProcess.Run(app, "verify");
        Assert.Equal(1, verb.Status);
        Assert.Superset(broken.First.ToHashSet(), verb.Out.ToHashSet());
        Assert.Contains(verb.Out, line => line.StartsWith($"Verified {users + 1} users: 4 of ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Verification.NextUsers, "text", "int")]
    [InlineData(Verification.Rows, "text[]")]
    [InlineData(Verification.History, "text[]", "text[]")]
    public async Task Its_statements_reach_what_they_need_by_keys(string statement, params string[] types)
    {
        var plan = await Plans.Generic(app.Services.GetRequiredService<EventsDatabase>().Batches, statement, types);

        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
    }

    private async Task<VerificationSummary> Verify(int? sample = null)
    {
        var summary = new VerificationSummary();
        await app.Services.GetRequiredService<Verification>().Run(sample, summary, () => { }, Cancellation);
        return summary;
    }

    private EventDefinition Definition(string id) =>
        app.Services.GetRequiredService<EventCatalog>().Current.Events[new EventId(Guid.Parse(id))].Definition;

    private Task<int> Change(string statement, params object[] values) => app.Events.Execute(statement, values, Cancellation);
}

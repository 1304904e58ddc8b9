using Laurel.Events;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Laurel.Tests.Events;

/// <summary>Nobody counts or pays by a catalog that is being changed, and nobody's change is lost.</summary>
public sealed class CatalogFence(LaurelApp app) : IClassFixture<LaurelApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private EventCatalog Catalog => app.Services.GetRequiredService<EventCatalog>();

    [Fact]
    public async Task Of_twenty_operators_who_saw_the_same_version_one_changes_it()
    {
        var operators = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.SignedIn(Role.Operator)));
        var id = await operators[0].Api.Runs(app.Draft());

        var answers = await Task.WhenAll(operators.Select((one, at) => one.Api.Patches($"/v1/events/{id}", new { title = $"By {at}" }, "\"2\"")));
        var won = Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer != won), answer => answer.Refused(412, "version_mismatch"));
        Assert.Equal(won.Field("title"), (await operators[0].Api.Get($"/v1/events/{id}")).Is(200).Field("title"));
    }

    [Fact]
    public async Task Versions_have_no_gaps_however_many_change_it()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        await @operator.Jobs();
        var before = (await Catalog.Load(Cancellation)).Version;

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(at => @operator.Patches($"/v1/events/{id}", new { title = $"By {at}" })));
        Assert.All(answers, answer => answer.Is(200));
        Assert.Equal(Enumerable.Range(3, 30).Select(number => number.ToString()), answers.Select(answer => answer.Field("version")).OrderBy(int.Parse));
        var kept = (await @operator.Get($"/v1/events/{id}/versions")).Is(200).Json["items"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, 32).Reverse(), kept.Select(version => version!["version"]!.GetValue<int>()));
        Assert.All(answers, answer => Assert.Contains(kept, version =>
            version!["version"]!.ToString() == answer.Field("version") && version["content"]!["title"]!.ToString() == answer.Field("title")));
        Assert.Equal(before + 30, (await Catalog.Load(Cancellation)).Version);
    }

    [Fact]
    public async Task An_event_is_either_activated_or_deleted()
    {
        var operators = new[] { (await app.SignedIn(Role.Operator)).Api, (await app.SignedIn(Role.Operator)).Api };
        for (var round = 0; round < 10; round++)
        {
            var id = await operators[0].Creates(app.Draft());
            var (activated, deleted) = (operators[0].Activates(id), operators[1].Delete($"/v1/events/{id}"));
            await Task.WhenAll(activated, deleted);
            if ((await deleted).Status == 204)
                (await activated).Refused(404, "not_found");
            else
                (await deleted).Refused(409, "not_a_draft");
            Assert.Equal((await activated).Status, (await operators[0].Get($"/v1/events/{id}")).Status);
        }
    }

    [Fact]
    public async Task A_change_waits_for_a_batch_that_runs()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        await @operator.Jobs();
        await using var batch = await app.Events.Hold("SELECT pg_advisory_xact_lock_shared($1)", [EventCatalog.FenceKey]);
        var version = await Version(batch.Transaction);

        var change = @operator.SwitchesOff(id);
        await Eventually.True(() => Waits("ExclusiveLock"));
        Assert.False(change.IsCompleted);
        Assert.Equal(version, await Version(batch.Transaction));
        Assert.Equal("active", (await @operator.Get($"/v1/events/{id}")).Is(200).Field("status"));
        await batch.CommitAsync(Cancellation);
        (await change).Is(200);
    }

    [Fact]
    public async Task A_batch_waits_for_a_change_and_sees_its_version()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        await @operator.Jobs();
        var before = (await Catalog.Load(Cancellation)).Version;
        var (entered, leave) = (new TaskCompletionSource(), new TaskCompletionSource());
        var change = Catalog.Change(
            async transaction =>
            {
                entered.SetResult();
                await leave.Task;
                return await transaction.Execute("UPDATE events SET title = 'Changed' WHERE id = $1", [Guid.Parse(id)], Cancellation);
            },
            Cancellation);
        await entered.Task;

        await using var connection = await app.Events.OpenConnectionAsync(Cancellation);
        await using var batch = await connection.BeginTransactionAsync(Cancellation);
        var fence = batch.Execute("SELECT pg_advisory_xact_lock_shared($1)", [EventCatalog.FenceKey], Cancellation);
        await Eventually.True(() => Waits("ShareLock"));
        Assert.False(fence.IsCompleted);
        leave.SetResult();
        await change;
        await fence;
        Assert.Equal(before + 1, await Version(batch));
    }

    [Fact]
    public async Task What_is_refused_leaves_the_version_as_it_was()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        await @operator.Jobs();
        var before = (await Catalog.Load(Cancellation)).Version;

        (await @operator.Patches($"/v1/events/{id}", new { title = "" })).Refused(422, "rule_broken");
        (await @operator.Patches($"/v1/events/{id}", new { title = "Late" }, "\"1\"")).Refused(412, "version_mismatch");
        (await @operator.Post($"/v1/events/{id}/offers", new { rewardId = Guid.Empty })).Refused(422, "rule_broken");
        (await @operator.Delete($"/v1/events/{id}")).Refused(409, "not_a_draft");
        Assert.Same(Catalog.Current, await Catalog.Load(Cancellation));
        Assert.Equal(before, Catalog.Current.Version);
    }

    [Fact]
    public async Task Another_process_learns_of_a_change_and_keeps_what_did_not_change()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (changed, same) = (await @operator.Runs(app.Draft()), await @operator.Runs(app.Draft()));
        await @operator.Jobs();
        using var other = new EventCatalog(app.Events, app.Clock, NullLogger<EventCatalog>.Instance);
        var before = await other.Load(Cancellation);

        (await @operator.Patches($"/v1/events/{changed}", new { condition = Goal.Count("kill", 77) })).Is(200);
        var after = await other.Load(Cancellation);
        Assert.Equal((await Catalog.Load(Cancellation)).Version, after.Version);
        Assert.Same(before.Events[Id(same)].Definition, after.Events[Id(same)].Definition);
        Assert.Equal(77, Assert.IsType<Laurel.Rules.Count>(after.Events[Id(changed)].Definition.Draft.Condition).AtLeast);
        Assert.Equal(after.Active.Select(running => running.Id.Value).Order(), after.Active.Select(running => running.Id.Value));
    }

    [Fact]
    public async Task Two_processes_that_change_at_once_do_it_one_after_the_other()
    {
        var @operator = await app.SignedIn(Role.Operator);
        var id = Id(await @operator.Api.Creates(app.Draft()));
        await using var database = NpgsqlDataSource.Create(app.Settings["ConnectionStrings:Events"]!);
        using var other = new EventCatalog(database, app.Clock, NullLogger<EventCatalog>.Instance);

        var changes = Enumerable.Range(0, 40).Select(at => (at % 2 == 0 ? Catalog : other).Change(
            async transaction =>
            {
                // Read, then written without a guard: only the fence keeps this right.
                var title = (await transaction.Query("SELECT title FROM events WHERE id = $1", row => row.GetString(0), [id.Value], Cancellation))[0];
                return await transaction.Execute("UPDATE events SET title = $2 WHERE id = $1", [id.Value, title + "."], Cancellation);
            },
            Cancellation));
        await Task.WhenAll(changes);
        Assert.Equal("An event" + new string('.', 40), (await @operator.Api.Get($"/v1/events/{id}")).Is(200).Field("title"));
        Assert.Equal((await Catalog.Load(Cancellation)).Version, (await other.Load(Cancellation)).Version);
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_stands_still_and_takes_no_other_down()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var (broken, sound) = (await @operator.Runs(app.Draft() with { Title = "Unreadable" }), await @operator.Runs(app.Draft()));
        var condition = await app.Events.QueryOne("SELECT condition FROM events WHERE id = $1", row => row.GetString(0), [Guid.Parse(broken)], Cancellation);
        await Store(broken, """{"type":"dance","steps":3}""");

        await Eventually.True(async () => await app.Events.QueryOne(
            "SELECT true FROM quarantines WHERE event_id = $1", row => row.GetBoolean(0), [Guid.Parse(broken)], Cancellation));
        var snapshot = await Catalog.Load(Cancellation);
        Assert.DoesNotContain(snapshot.Active, running => running.Id == Id(broken));
        Assert.Contains(snapshot.Active, running => running.Id == Id(sound));
        (await @operator.Get($"/v1/events/{broken}")).Refused(409, "event_unreadable");
        (await @operator.Patches($"/v1/events/{broken}", new { title = "Mended" })).Refused(409, "event_unreadable");
        Assert.Empty((await @operator.Get("/v1/events?q=Unreadable")).Is(200).Json["items"]!.AsArray());

        // Readable again it stands still, until an operator has it counted anew.
        await Store(broken, condition!);
        var shown = (await @operator.Get($"/v1/events/{broken}")).Is(200);
        Assert.Equal(("1", "2"), (shown.Field("epoch"), shown.Field("version")));
        Assert.NotNull(shown.Json["quarantine"]!["since"]);
        Assert.True((await Catalog.Load(Cancellation)).Events[Id(broken)].IsQuarantined);
        var released = (await @operator.Activates(broken)).Is(200);
        Assert.Equal(("2", "3", "true"), (released.Field("epoch"), released.Field("version"), released.Field("catchingUp")));
        Assert.Null(released.Json["quarantine"]);
        Assert.Contains((await Catalog.Load(Cancellation)).Active, running => running.Id == Id(broken));

        Task Store(string id, string json) => Catalog.Change(
            transaction => transaction.Execute("UPDATE events SET condition = $2::jsonb, version = version WHERE id = $1", [Guid.Parse(id), json], Cancellation),
            Cancellation);
    }

    [Fact]
    public async Task An_edit_lets_an_event_out_of_its_quarantine()
    {
        var @operator = (await app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(app.Draft());
        Assert.True(await Catalog.Quarantine(Id(id), "Its fold failed.", Cancellation));
        Assert.False(await Catalog.Quarantine(Id(id), "Again.", Cancellation));
        Assert.DoesNotContain((await Catalog.Load(Cancellation)).Active, running => running.Id == Id(id));

        Assert.Equal("Its fold failed.", (await @operator.Get($"/v1/events/{id}")).Is(200).Json["quarantine"]!["reason"]!.ToString());
        Assert.Equal("2", (await @operator.Patches($"/v1/events/{id}", new { condition = Goal.Count("kill", 11) })).Is(200).Field("epoch"));
        Assert.Contains((await Catalog.Load(Cancellation)).Active, running => running.Id == Id(id));
    }

    private static EventId Id(string id) => new(Guid.Parse(id));

    private static async Task<long> Version(NpgsqlTransaction transaction) =>
        (await transaction.Query("SELECT version FROM catalog", row => row.GetInt64(0), [], Cancellation))[0];

    /// <summary>Whether somebody stands at the fence.</summary>
    private async Task<bool> Waits(string mode) => await app.Events.QueryOne(
        "SELECT true FROM pg_locks WHERE locktype = 'advisory' AND mode = $1 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        row => row.GetBoolean(0), [mode], Cancellation);
}

using Laurel.Events.Jobs;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Jobs;

/// <summary>
/// Somebody's best is taken back while something smaller of theirs is being stored. By what was read before, the smaller one changes
/// nothing; once the best is gone, it is what counts.
/// </summary>
public sealed class TakingBackBesideTraffic(TestPostgres postgres) : IAsyncLifetime
{
    // They are of one shard, so in one transaction, in this order; the row of the second one is what holds it up.
    private const string User = "user-a";
    private const string Second = "user-c";

    private readonly LaurelApp _app = new(postgres);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        // What is remembered is looked up again when it is written, which would hide what these tests are about.
        _app.Settings["Laurel:Events:RowsInMemory"] = "0";
        return _app.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_batch_that_begins_after_it_was_asked_for()
    {
        var (@operator, id) = await Begin();
        await using var users = await _app.Events.Hold("LOCK TABLE job_users IN EXCLUSIVE MODE");
        await using var row = await _app.Events.Hold($"SELECT FROM progress WHERE user_id = '{Second}' FOR UPDATE");
        var job = (await TakesBack(@operator)).Is(202);
        var batch = Reports();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 1);

        // The void comes by while the batch is under way: it waits for what that writes, or goes past it.
        await users.CommitAsync(Cancellation);
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 2 || await Ended(job));
        await row.CommitAsync(Cancellation);
        await IsRight(@operator, id, job, batch);
    }

    [Fact]
    public async Task A_batch_that_began_before()
    {
        var (@operator, id) = await Begin();
        await using var row = await _app.Events.Hold($"SELECT FROM progress WHERE user_id = '{Second}' FOR UPDATE");
        var batch = Reports();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 1);

        // It is not even asked for before the batch has ended.
        var asked = TakesBack(@operator);
        await Eventually.True(async () => await _app.IsWaitedForAtTheFence() || (asked.IsCompleted && await Ended(await asked)));
        await row.CommitAsync(Cancellation);
        await IsRight(@operator, id, (await asked).Is(202), batch);
    }

    /// <summary>
    /// A catch-up has read somebody's activities, and all of them are taken back before it writes. There is no row yet that could refuse
    /// it, so the void leaves one.
    /// </summary>
    [Fact]
    public async Task A_catch_up_that_has_read_what_is_taken_back()
    {
        var @operator = (await _app.SignedIn(Role.Operator)).Api;
        await _app.LoginsCounted();
        await _app.StopsWorking();
        (await _app.GameServer().Reports(
            Playing.Did(User, "throw", _app.Clock.GetUtcNow(), "best", 10), Playing.Did("user-0", "throw", _app.Clock.GetUtcNow(), "best", 10))).Is(200);
        var id = await @operator.Creates(_app.Draft(Goal.Max("throw", 5)));
        (await TakesBack(@operator)).Is(202);
        (await @operator.Activates(id)).Is(200);

        // The catch-up waits no longer than a transaction may: what can be done before it begins is done before.
        var taking = await _app.Steps(await _app.Takes(JobKind.Void));
        await using var row = await _app.Events.Hold($"INSERT INTO progress VALUES (now(), 0, 1, 1, '2000-01-01', '{id}', 'user-0', '')");
        var catchUp = _app.WorksOn(JobKind.CatchUp);
        await Eventually.True(async () => catchUp.IsFaulted || await _app.Events.WaitingToFold() == 1);
        taking = await _app.Steps(taking);
        Assert.True(await _app.Events.QueryOne(
            "SELECT void_id IS NOT NULL FROM activities WHERE user_id = $1", reader => reader.GetBoolean(0), [User], Cancellation));
        await row.RollbackAsync(Cancellation);
        Assert.Equal((JobStatus.Done, JobStatus.Done), ((await catchUp).Status, (await _app.WorksOn(taking)).Status));
        Assert.Empty(await ProgressAudit.Differences(_app.Events, Cancellation));
    }

    private async Task<(Api Operator, string Event)> Begin()
    {
        var @operator = (await _app.SignedIn(Role.Operator)).Api;
        var id = await @operator.Runs(_app.Draft(Goal.Max("throw", 5)));
        await @operator.Jobs();
        var now = _app.Clock.GetUtcNow();
        (await _app.GameServer().Reports(Playing.Did(User, "throw", now, "best", 10), Playing.Did(Second, "throw", now, "first", 1))).Is(200);
        return (@operator, id);
    }

    private Task<Answer> Reports() => _app.GameServer().Reports(
        Playing.Did(User, "throw", _app.Clock.GetUtcNow(), "smaller", 7), Playing.Did(Second, "throw", _app.Clock.GetUtcNow(), "second", 2));

    private static Task<Answer> TakesBack(Api @operator) =>
        @operator.Post("/v1/activities/void", new { reason = "Measured wrong", activities = new[] { new { userId = User, id = "best" } } });

    private async Task IsRight(Api @operator, string id, Answer job, Task<Answer> batch)
    {
        Assert.Equal(["accepted", "accepted"], (await batch).Outcomes());
        Assert.Equal("done", (await @operator.Job(job.Headers.Location!.ToString())).Status());
        Assert.Empty(await ProgressAudit.Differences(_app.Events, Cancellation));
        var explained = (await @operator.Get($"/v1/users/{User}/progress/{id}/explain")).Is(200).Json;
        Assert.Equal(7, explained["leaves"]![0]!["current"]!.GetValue<long>());
    }

    private async Task<bool> Ended(Answer job) => await _app.Events.QueryOne(
        "SELECT status = 'done' FROM jobs WHERE id = $1", row => row.GetBoolean(0), [Guid.Parse(job.Field("id"))], Cancellation);
}

using Laurel.Events.Erasures;
using Laurel.Events.Jobs;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Tests.Events.Erasures;

/// <summary>
/// Somebody's best loses the attribute by which it counted, while something smaller of theirs is being stored. By what was read before,
/// the smaller one changes nothing; then it is what counts.
/// </summary>
public sealed class ErasingBesideTraffic(TestPostgres postgres) : IAsyncLifetime
{
    // They are of one shard, so in one transaction, in this order; the row of the second one is what holds it up.
    private const string User = "user-a";
    private const string Second = "user-c";

    private static readonly Guid Erasure = Playing.NewPerson();

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
        var id = await Begin();
        (await _app.Registrar().Erases(User)).Is(202);
        await using var row = await _app.Events.Hold($"SELECT FROM progress WHERE user_id = '{Second}' FOR UPDATE");
        var batch = Reports();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 1);

        // The erasure comes by while the batch is under way: it waits for what that writes, or goes past it.
        var erasing = FirstStep();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 2 || erasing.IsCompleted);
        await row.CommitAsync(Cancellation);
        var job = await erasing;
        while (job.Status == JobStatus.Running)
            job = await _app.Steps(job);
        await IsRight(id, job, batch);
    }

    [Fact]
    public async Task A_batch_that_began_before()
    {
        var id = await Begin();
        await using var row = await _app.Events.Hold($"SELECT FROM progress WHERE user_id = '{Second}' FOR UPDATE");
        var batch = Reports();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 1);

        // It is not even asked for before the batch has ended; then the smaller one has lost its attributes too.
        var asked = _app.Registrar().Erases(User);
        await Eventually.True(async () => await _app.IsWaitedForAtTheFence() || asked.IsCompleted);
        Assert.False(asked.IsCompleted);
        await row.CommitAsync(Cancellation);
        (await asked).Is(202);
        await IsRight(id, await _app.WorksOn(JobKind.Erasure), batch, best: 0);
    }

    /// <summary>Made when all that waited had been rejected, as with a token that was still good somewhere.</summary>
    [Fact]
    public async Task A_claim_that_comes_at_the_last_moment_is_rejected_too()
    {
        var @operator = (await _app.SignedIn(Role.Operator)).Api;
        await _app.LoginsCounted();
        var offered = await _app.Offers(@operator, reward => new { rewardId = reward, requiresApproval = true, stock = 1 });
        await @operator.Jobs();
        await _app.StopsWorking();
        var player = Playing.NewPerson();
        (await _app.Registrar().Erases($"{player}")).Is(202);
        var job = await _app.Takes(JobKind.Erasure);
        while (!job.CursorOr(ErasureCursor.Start).Strip.Tally.IsComplete)
            job = await _app.Steps(job);

        var claim = (await _app.Pending(offered, player)).Single();
        while (job.Status == JobStatus.Running)
            job = await _app.Steps(job);
        Assert.Equal("rejected", await @operator.StatusOf(claim));
        await _app.IsInOrder();
    }

    /// <summary>Whoever folds is told by the first and by the last of them; and in between nobody forgets it.</summary>
    [Fact]
    public async Task Of_several_only_the_first_and_the_last_change_the_catalog()
    {
        var id = await Begin();
        var before = await Version();
        (await _app.Registrar().Erases("user-x")).Is(202);
        Assert.Equal(before + 1, await Version());
        var (first, asked) = (await _app.Takes(JobKind.Erasure), await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _app.Registrar().Erases(User, Erasure))));
        Assert.Single(asked.Select(answer => answer.Is(202).Field("id")).Distinct());
        Assert.Equal(JobStatus.Done, (await _app.WorksOn(first)).Status);
        Assert.Equal(before + 1, await Version());

        // A batch that changes nothing by what it has read, while the one that joined takes what that was.
        await using var row = await _app.Events.Hold($"SELECT FROM progress WHERE user_id = '{Second}' FOR UPDATE");
        var batch = Reports();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 1);
        var erasing = FirstStep();
        await Eventually.True(async () => await _app.Events.WaitingToFold() == 2 || erasing.IsCompleted);
        await row.CommitAsync(Cancellation);
        await IsRight(id, await _app.WorksOn(await erasing), batch);
        Assert.Equal(before + 2, await Version());
    }

    private Task<long> Version() => _app.Events.QueryOne("SELECT version FROM catalog", row => row.GetInt64(0), [], Cancellation);

    private async Task<Job> FirstStep() => await _app.Steps(await _app.Takes(JobKind.Erasure));

    private async Task<string> Begin()
    {
        var @operator = (await _app.SignedIn(Role.Operator)).Api;
        await _app.LoginsCounted();
        var id = await @operator.Runs(_app.Draft(Goal.Max("throw", 5, new { arena = "gold" })));
        await @operator.Jobs();
        await _app.StopsWorking();
        (await _app.GameServer().Reports(Throw(User, "best", 10), Throw(Second, "first", 1))).Is(200);
        return id;
    }

    private Task<Answer> Reports() => _app.GameServer().Reports(Throw(User, "smaller", 7), Throw(Second, "second", 2));

    private object Throw(string user, string id, long far) => Playing.Did(user, "throw", _app.Clock.GetUtcNow(), id, far, new { arena = "gold" });

    private async Task IsRight(string id, Job job, Task<Answer> batch, int best = 7)
    {
        Assert.Equal(["accepted", "accepted"], (await batch).Outcomes());
        Assert.Equal(JobStatus.Done, job.Status);
        var explained = (await _app.Somebody(Role.Operator).Get($"/v1/users/{User}/progress/{id}/explain")).Is(200).Json;
        Assert.Equal(best, explained["leaves"]![0]!["current"]!.GetValue<long>());
        await _app.IsInOrder();
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FsCheck;
using FsCheck.Fluent;
using Laurel.Platform;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Tests.Platform;

public sealed class GroupCommitTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private TestDatabase _database = null!;
    private NpgsqlDataSource _source = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabase("groupcommit", Items.Migrate, Cancellation);
        _source = NpgsqlDataSource.Create(_database.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _services.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_is_answered_before_COMMIT_and_everybody_can_see_the_work_after_it()
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items);
        await using var gate = await Items.HoldCommits(_database);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, [new(1), new(2, Items.HeldBackAtCommit), new(3)]);
        items.Gate.SetResult();
        await plug;
        await _database.Until("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");

        Assert.DoesNotContain(answers, answer => answer.IsCompleted);
        Assert.Equal(0L, await _database.Scalar("SELECT count(*) FROM item WHERE id = 2"));
        await gate.DisposeAsync();

        await answers[1];
        Assert.Equal(1L, await _database.Scalar("SELECT count(*) FROM item WHERE id = 2"));
        await Task.WhenAll(answers);
    }

    [Theory]
    [InlineData(1_000, new[] { 1, 500 })]
    [InlineData(200, new[] { 1, 200, 200, 100 })]
    public async Task While_one_batch_is_in_the_database_the_next_one_gathers(int maxBatch, int[] batches)
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items, maxBatch: maxBatch);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, Numbered(1, 500));
        items.Gate.SetResult();

        await plug;
        var results = await Task.WhenAll(answers);
        Assert.Equal(Numbered(1, 500).Select(item => $"{item.Id}: 7"), results);
        Assert.Equal(batches, items.Runs.Select(run => run.Count));
        Assert.Equal(Enumerable.Range(0, 501).Select(id => (long)id), items.Runs.SelectMany(run => run).Select(item => item.Id));
    }

    [Fact]
    public async Task Where_items_are_weighed_batches_and_the_queue_are_bounded_by_weight()
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items, maxBatch: 10, capacity: 40, weigh: item => Math.Max(1, (int)item.Id % 100));
        var plug = await Plug(pipeline, items);
        // The weights: 6, 4, 5, 25 (more than a batch), 0 too many, and one that would still find room in a queue counted by items.
        var answers = Submit(pipeline, [new(106), new(204), new(305), new(425)]);
        await Assert.ThrowsAsync<OverloadedException>(() => pipeline.Submit(new(501), Cancellation));
        items.Gate.SetResult();

        await plug;
        await Task.WhenAll(answers);
        Assert.Equal([[0], [106, 204], [305], [425]], items.Runs.Select(run => run.Select(item => item.Id).ToArray()));
        Assert.Equal("660: 7", await pipeline.Submit(new(660), Cancellation));
    }

    [Fact]
    public async Task A_handler_may_ask_for_another_transaction_three_times_and_no_more()
    {
        var items = new Items { Repeats = 3 };
        await using var pipeline = Pipeline(items);
        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
        Assert.Equal(4, items.Runs.Count);

        items.Repeats = 4;
        await Assert.ThrowsAsync<UnavailableException>(() => pipeline.Submit(new(2), Cancellation));
        Assert.Equal(8, items.Runs.Count);
        Assert.Equal(1L, await _database.Scalar("SELECT count(*) FROM item"));
    }

    [Theory]
    [InlineData("not a number", null, PostgresErrorCodes.InvalidTextRepresentation)]
    [InlineData("-1", null, PostgresErrorCodes.CheckViolation)]
    [InlineData("7", 999L, PostgresErrorCodes.ForeignKeyViolation)]
    public async Task A_poisonous_item_among_a_thousand_fails_alone(string number, long? parent, string state)
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        var batch = Numbered(1, 1_000);
        batch[420] = batch[420] with { Number = number, Parent = parent };
        var answers = Submit(pipeline, batch);
        items.Gate.SetResult();

        await plug;
        var refused = await Assert.ThrowsAsync<PostgresException>(() => answers[420]);
        Assert.Equal(state, refused.SqlState);
        var others = await Task.WhenAll(answers.Where((_, i) => i != 420));
        Assert.Equal(batch.Where((_, i) => i != 420).Select(item => $"{item.Id}: 7"), others);
        Assert.Equal(1_000L, await _database.Scalar("SELECT count(*) FROM item"));
        // The plug, the whole, and two halves for each time that 1,000 can be halved.
        Assert.InRange(items.Runs.Count, 20, 2 + (2 * 10));
    }

    /// <summary>Somebody's row is such that the handler cannot read it: a newer version has written it, for example.</summary>
    [Fact]
    public async Task An_item_that_the_handler_cannot_bear_fails_alone()
    {
        var items = new Items { Gate = new(), Unbearable = 42 };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, Numbered(1, 100));
        items.Gate.SetResult();

        await plug;
        var broken = await Assert.ThrowsAsync<InvalidOperationException>(() => answers[41]);
        Assert.IsType<NotSupportedException>(broken.InnerException);
        Assert.Equal(Numbered(1, 100).Where(item => item.Id != 42).Select(item => $"{item.Id}: 7"), await Task.WhenAll(answers.Where((_, i) => i != 41)));
        Assert.Equal(100L, await _database.Scalar("SELECT count(*) FROM item"));
    }

    [Fact]
    public async Task A_handler_that_can_bear_nobody_is_not_asked_for_each()
    {
        var items = new Items { Gate = new(), Bug = Bug.Throws };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, Numbered(1, 1_000));
        items.Gate.SetResult();

        foreach (var answer in answers.Append(plug))
            Assert.IsType<NotSupportedException>((await Assert.ThrowsAsync<InvalidOperationException>(() => answer)).InnerException);
        // The plug, eight that stood alone, and the parts in which they stood before.
        Assert.Equal(1 + 8, items.Runs.Count(run => run.Count == 1));
        Assert.InRange(items.Runs.Count, 1 + 8, 1 + 8 + 20);

        items.Bug = null;
        Assert.Equal("1001: 7", await pipeline.Submit(new(1_001), Cancellation));
    }

    [Fact]
    public async Task What_is_too_much_for_one_transaction_is_halved_until_it_is_not()
    {
        var items = new Items { Gate = new(), Most = 30 };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, Numbered(1, 100));
        items.Gate.SetResult();

        await plug;
        Assert.Equal(Numbered(1, 100).Select(item => $"{item.Id}: 7"), await Task.WhenAll(answers));
        Assert.Equal([1, 100, 50, 25, 25, 50, 25, 25], items.Runs.Select(run => run.Count));
    }

    [Fact]
    public async Task What_is_too_much_on_its_own_fails_alone()
    {
        var items = new Items { Most = 0 };
        await using var pipeline = Pipeline(items);
        await Assert.ThrowsAsync<BatchTooLargeException>(() => pipeline.Submit(new(1), Cancellation));
        items.Most = 1;
        Assert.Equal("2: 7", await pipeline.Submit(new(2), Cancellation));
    }

    [Fact]
    public async Task Where_everything_is_poisonous_everybody_fails_and_the_loop_lives()
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, [.. Numbered(1, 64).Select(item => item with { Number = "-1" })]);
        items.Gate.SetResult();

        await plug;
        foreach (var answer in answers)
            await Assert.ThrowsAsync<PostgresException>(() => answer);
        Assert.Equal(1 + 127, items.Runs.Count);
        Assert.Equal("65: 7", await pipeline.Submit(new(65), Cancellation));
    }

    [Fact]
    public async Task A_connection_that_is_lost_inside_of_a_batch_fails_all_of_it_at_once()
    {
        var items = new Items();
        await using var pipeline = Pipeline(items);
        items.AfterInsert = async pid => await _database.Scalar($"SELECT pg_terminate_backend({pid}, 5000)");

        var answers = Submit(pipeline, Numbered(1, 100));
        await AreUnavailable(answers);
        items.AfterInsert = null;

        Assert.Equal(0L, await _database.Scalar("SELECT count(*) FROM item"));
        Assert.Equal(items.Runs.Sum(run => run.Count), answers.Count);
        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
    }

    [Theory]
    [InlineData(Passage.Cut, 0)]
    [InlineData(Passage.CutTheAnswer, 101)]
    public async Task An_unknown_outcome_at_COMMIT_fails_all_and_nothing_is_run_again(object passage, long rows)
    {
        await using var proxy = new PostgresProxy(_database.ConnectionString);
        await using var remote = NpgsqlDataSource.Create(proxy.ConnectionString);
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items, remote, maxBatch: 101);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, Numbered(1, 100));
        var lost = 0;
        proxy.Rule = sent => sent.Contains("\0COMMIT\0", StringComparison.Ordinal) && ++lost == 2 ? (Passage)passage : Passage.Pass;
        items.Gate.SetResult();

        await plug;
        await AreUnavailable(answers);

        await _database.Until($"SELECT count(*) = {Math.Max(1, rows)} FROM item");
        Assert.Equal(2, items.Runs.Count);
        Assert.Equal(1, proxy.Connections);
        Assert.Equal("200: 7", await pipeline.Submit(new(200), Cancellation));
    }

    [Fact]
    public async Task An_outage_costs_one_attempt_to_connect_for_each_batch()
    {
        await using var proxy = new PostgresProxy(_database.ConnectionString) { IsDown = true };
        await using var remote = NpgsqlDataSource.Create(proxy.ConnectionString);
        var items = new Items();
        await using var pipeline = Pipeline(items, remote);

        for (var batch = 1; batch <= 5; batch++)
        {
            await AreUnavailable([pipeline.Submit(new(batch), Cancellation)]);
            Assert.Equal(batch, proxy.Connections);
        }
        proxy.IsDown = false;
        Assert.Equal("6: 7", await pipeline.Submit(new(6), Cancellation));
        Assert.Single(items.Runs);
    }

    [Fact]
    public async Task An_outage_while_a_batch_is_being_halved_is_not_met_by_each_half()
    {
        await using var proxy = new PostgresProxy(_database.ConnectionString);
        await using var remote = NpgsqlDataSource.Create(proxy.ConnectionString);
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items, remote);
        var plug = await Plug(pipeline, items);
        var batch = Numbered(1, 1_000);
        batch[0] = batch[0] with { Number = "-1" };
        var answers = Submit(pipeline, batch);
        items.OnFailed = () =>
        {
            proxy.IsDown = true;
            proxy.Rule = _ => Passage.Cut;
        };
        items.Gate.SetResult();

        await plug;
        await AreUnavailable(answers);
        // The plug, the whole batch, and the first half, which meets the outage on the connection from the pool or has none at all.
        Assert.InRange(items.Runs.Count, 2, 3);
        Assert.InRange(proxy.Connections, 1, 2);
    }

    [Fact]
    public async Task A_database_that_cannot_be_opened_is_an_outage_whatever_its_SQLSTATE()
    {
        await using var proxy = new PostgresProxy(_database.ConnectionString);
        // Refused with 22023, which would be bad data if a statement met it.
        await using var refused = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(proxy.ConnectionString) { Options = "-c statement_timeout=abc" });
        var items = new Items();
        await using var pipeline = Pipeline(items, refused);

        var failure = await Assert.ThrowsAsync<UnavailableException>(() => pipeline.Submit(new(1), Cancellation));
        Assert.Equal("22023", Assert.IsType<PostgresException>(failure.InnerException).SqlState);
        Assert.Equal(1, proxy.Connections);
        Assert.Empty(items.Runs);
    }

    [Fact]
    public async Task A_database_that_hangs_is_an_outage_when_its_time_is_over()
    {
        await using var proxy = new PostgresProxy(_database.ConnectionString);
        await using var remote = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(proxy.ConnectionString) { CommandTimeout = 1, CancellationTimeout = -1 });
        var items = new Items();
        await using var pipeline = Pipeline(items, remote);
        await pipeline.Submit(new(1), Cancellation);
        proxy.Rule = sent => sent.Contains("\0COMMIT\0", StringComparison.Ordinal) ? Passage.Swallow : Passage.Pass;

        await AreUnavailable([pipeline.Submit(new(2), Cancellation)]);

        Assert.Equal(2, items.Runs.Count);
        // Npgsql asks for the cancellation of the statement over a connection of its own.
        Assert.InRange(proxy.Connections, 1, 2);
    }

    [Fact]
    public async Task A_database_that_is_dropped_is_an_outage()
    {
        await using var dropped = await postgres.CreateDatabase("groupcommit", Items.Migrate, Cancellation);
        await using var gone = NpgsqlDataSource.Create(dropped.ConnectionString);
        await using var pipeline = Pipeline(new Items(), gone);
        await pipeline.Submit(new(1), Cancellation);
        await _database.Scalar($"DROP DATABASE {new NpgsqlConnectionStringBuilder(dropped.ConnectionString).Database} WITH (FORCE)");

        // The first meets a dead connection, the second none.
        await AreUnavailable([pipeline.Submit(new(2), Cancellation)]);
        await AreUnavailable([pipeline.Submit(new(3), Cancellation)]);
        await _database.Scalar($"CREATE DATABASE {new NpgsqlConnectionStringBuilder(dropped.ConnectionString).Database}");
    }

    [Theory]
    [InlineData(PostgresErrorCodes.SerializationFailure, 3)]
    [InlineData(PostgresErrorCodes.DeadlockDetected, 1)]
    public async Task A_conflict_with_another_transaction_is_run_again(string state, int conflicts)
    {
        var items = new Items { FailWith = state, Failures = conflicts };
        await using var pipeline = Pipeline(items);

        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
        Assert.Equal(conflicts + 1, items.Runs.Count);
    }

    [Fact]
    public async Task A_conflict_that_shows_at_COMMIT_is_run_again()
    {
        var items = new Items();
        await using var pipeline = Pipeline(items);

        Assert.Equal($"1: {Items.ConflictsAtCommit}", await pipeline.Submit(new(1, Items.ConflictsAtCommit), Cancellation));
        Assert.Equal(4, items.Runs.Count);
    }

    [Theory]
    [InlineData(PostgresErrorCodes.SerializationFailure)]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    public async Task A_conflict_is_run_again_three_times_and_no_more(string state)
    {
        var items = new Items { FailWith = state, Failures = 4 };
        await using var pipeline = Pipeline(items);

        await AreUnavailable([pipeline.Submit(new(1), Cancellation)]);
        Assert.Equal(4, items.Runs.Count);
        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
    }

    [Fact]
    public async Task A_batch_that_meets_others_again_and_again_is_halved_and_nobody_is_refused()
    {
        var items = new Items { Gate = new(), MostBesideOthers = 1 };
        await using var pipeline = Pipeline(items);

        var plug = pipeline.Submit(new(1), Cancellation);
        await items.Entered.Task;
        var answers = Enumerable.Range(2, 4).Select(id => pipeline.Submit(new(id), Cancellation)).ToArray();
        items.Gate.SetResult();

        await plug;
        Assert.Equal(["2: 7", "3: 7", "4: 7", "5: 7"], await Task.WhenAll(answers));
        Assert.Equal([1, 4, 4, 4, 4, 2, 2, 2, 2, 1, 1, 2, 2, 2, 2, 1, 1], items.Runs.Select(run => run.Count));
    }

    [Theory]
    [InlineData(PostgresErrorCodes.QueryCanceled)]
    [InlineData(PostgresErrorCodes.UndefinedTable)]
    [InlineData(PostgresErrorCodes.DiskFull)]
    public async Task Any_other_error_of_the_database_fails_the_batch_and_nothing_is_run_again(string state)
    {
        var items = new Items { FailWith = state, Failures = 1 };
        await using var pipeline = Pipeline(items);

        await AreUnavailable([pipeline.Submit(new(1), Cancellation)]);
        Assert.Single(items.Runs);
        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
    }

    [Fact]
    public async Task A_full_queue_is_refused_at_once_and_harms_nobody_who_waits()
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items, capacity: 5);
        var plug = await Plug(pipeline, items);
        var accepted = Submit(pipeline, Numbered(1, 5));
        var refused = pipeline.Submit(new(6), Cancellation);

        Assert.True(refused.IsFaulted);
        await Assert.ThrowsAsync<OverloadedException>(() => refused);
        Assert.DoesNotContain(accepted, answer => answer.IsCompleted);
        items.Gate.SetResult();
        await plug;
        await Task.WhenAll(accepted);
        Assert.Equal("6: 7", await pipeline.Submit(new(6), Cancellation));
    }

    [Fact]
    public async Task A_caller_that_stops_waiting_does_not_change_the_fate_of_its_item()
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        using var impatience = new CancellationTokenSource();
        var left = pipeline.Submit(new(1), impatience.Token);
        var poisoned = pipeline.Submit(new(2, "-1"), impatience.Token);
        var stayed = pipeline.Submit(new(3), Cancellation);
        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poisoned);
        Assert.True(pipeline.Submit(new(4), impatience.Token).IsCanceled);
        items.Gate.SetResult();
        await plug;
        Assert.Equal("3: 7", await stayed);
        Assert.Equal("0,1,3", await _database.Scalar("SELECT string_agg(id::text, ',' ORDER BY id) FROM item"));
    }

    [Fact]
    public async Task Closing_answers_what_was_accepted_and_refuses_what_comes_later()
    {
        var items = new Items { Gate = new() };
        var pipeline = Pipeline(items, maxBatch: 30);
        var plug = await Plug(pipeline, items);
        var accepted = Submit(pipeline, Numbered(1, 100));
        var closing = pipeline.DisposeAsync().AsTask();

        var late = await Assert.ThrowsAsync<UnavailableException>(() => pipeline.Submit(new(200), Cancellation));
        Assert.IsNotType<OverloadedException>(late);
        Assert.False(closing.IsCompleted);
        items.Gate.SetResult();
        await closing;
        await plug;
        await Task.WhenAll(accepted);
        Assert.Equal(101L, await _database.Scalar("SELECT count(*) FROM item"));
        await pipeline.DisposeAsync();
    }

    [Fact]
    public async Task A_callers_own_code_cannot_hold_up_the_loop()
    {
        var items = new Items();
        await using var pipeline = Pipeline(items);
        using var release = new ManualResetEventSlim();
        var blocked = pipeline.Submit(new(1), CancellationToken.None)
            .ContinueWith(_ => release.Wait(Cancellation), Cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var failed = pipeline.Submit(new(2, "-1"), CancellationToken.None)
            .ContinueWith(_ => release.Wait(Cancellation), Cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        try
        {
            Assert.Equal("3: 7", await pipeline.Submit(new(3), Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation));
        }
        finally
        {
            release.Set();
        }
        await Task.WhenAll(blocked, failed);
    }

    [Fact]
    public async Task Memory_is_told_of_every_attempt_before_anybody_is_answered()
    {
        var items = new Items { Gate = new() };
        await using var pipeline = Pipeline(items);
        var plug = await Plug(pipeline, items);
        var answers = Submit(pipeline, [new(1), new(2, "-1")]);
        items.Gate.SetResult();

        await plug;
        await answers[0];
        await Assert.ThrowsAsync<PostgresException>(() => answers[1]);
        Assert.Equal(["run 0", "committed 0", "run 1,2", "failed 1,2", "run 1", "committed 1", "run 2", "failed 2"], items.Log);
        Assert.Equal(["0: 7", "1: 7"], items.Told);
    }

    [Fact]
    public async Task A_memory_that_fails_after_COMMIT_is_told_to_forget_and_the_caller_is_answered()
    {
        var items = new Items { OnCommitted = () => throw new InvalidOperationException("no memory") };
        await using var pipeline = Pipeline(items);

        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
        Assert.Equal(["run 1", "committed 1", "failed 1"], items.Log);

        items.OnFailed = () => throw new InvalidOperationException("worse");
        Assert.Equal("2: 7", await pipeline.Submit(new(2), Cancellation));
    }

    [Theory]
    [InlineData(Bug.Throws)]
    [InlineData(Bug.ReturnsNothing)]
    [InlineData(Bug.ReturnsTooFew)]
    [InlineData(Bug.HidesAnError)]
    public async Task A_bug_of_the_handler_fails_its_batch_keeps_nothing_and_the_loop_lives(object bug)
    {
        var items = new Items { Bug = (Bug)bug };
        await using var pipeline = Pipeline(items);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => pipeline.Submit(new(1), Cancellation));
        Assert.Equal("The pipeline items is broken.", failure.Message);
        Assert.Equal((Bug)bug switch
        {
            Bug.Throws => "a bug",
            Bug.ReturnsTooFew => "The handler of the pipeline items returned 0 results for 1 items.",
            Bug.HidesAnError => "25P02: current transaction is aborted, commands ignored until end of transaction block",
            _ => failure.InnerException!.Message,
        }, failure.InnerException!.Message);
        Assert.Equal(0L, await _database.Scalar("SELECT count(*) FROM item"));
        Assert.Equal(["run 1", "failed 1"], items.Log);

        items.Bug = null;
        Assert.Equal("1: 7", await pipeline.Submit(new(1), Cancellation));
    }

    [Fact]
    public async Task Shards_work_side_by_side_and_each_keeps_to_its_share()
    {
        var handlers = new ConcurrentQueue<Items>();
        await using var pipeline = new GroupCommit<Item, string>(new("items") { Shards = 3 }, _source, () =>
        {
            var items = new Items { Gate = new() };
            handlers.Enqueue(items);
            return items;
        }, Meters, NullLogger.Instance, item => item.Id % 2 == 0 ? int.MinValue : (int)item.Id);

        var answers = Submit(pipeline, Numbered(0, 300));
        // All three are inside of a transaction at the same time.
        foreach (var items in handlers)
            await items.Entered.Task.WaitAsync(Cancellation);
        foreach (var items in handlers)
            items.Gate!.SetResult();

        Assert.Equal(Numbered(0, 300).Select(item => $"{item.Id}: 7"), await Task.WhenAll(answers));
        Assert.Equal(3, handlers.Count);
        Assert.All(handlers, items => Assert.Single(items.Runs.SelectMany(run => run)
            .Select(item => (item.Id % 2 == 0 ? unchecked((uint)int.MinValue) : (uint)item.Id) % 3).Distinct()));
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, 2)]
    public void Bounds_that_make_no_sense_are_refused(int capacity, int maxBatch, int shards) =>
        Assert.ThrowsAny<ArgumentException>(() => new GroupCommit<Item, string>(
            new("items") { Capacity = capacity, MaxBatch = maxBatch, Shards = shards }, _source, () => new Items(), Meters, NullLogger.Instance));

    [Fact]
    public async Task Meters_tell_depth_sizes_steps_and_failures()
    {
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Laurel.Pipelines" && ReferenceEquals(instrument.Meter.Scope, Meters))
                listener.EnableMeasurementEvents(instrument);
        };
        void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
            measured.AddOrUpdate($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}", value, (_, sum) => sum + value);
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, state) => Measure(instrument, 1, tags, state));
        listener.Start();
        var items = new Items { Gate = new(), FailWith = PostgresErrorCodes.SerializationFailure, Failures = 1 };
        await using (var pipeline = Pipeline(items, capacity: 4))
        {
            var plug = await Plug(pipeline, items);
            var answers = Submit(pipeline, [new(1), new(2), new(3, "-1"), new(4), new(5)]);
            listener.RecordObservableInstruments();
            items.Gate.SetResult();
            await plug;
            await Assert.ThrowsAsync<PostgresException>(() => answers[2]);
            await Task.WhenAll(answers[0], answers[1], answers[3]);
            await Assert.ThrowsAsync<OverloadedException>(() => answers[4]);
            items.Bug = Bug.Throws;
            await Assert.ThrowsAsync<InvalidOperationException>(() => pipeline.Submit(new(6), Cancellation));
            items.Bug = null;
            items.FailWith = PostgresErrorCodes.DiskFull;
            items.Failures = 1;
            await AreUnavailable([pipeline.Submit(new(7), Cancellation)]);
        }

        Assert.Equal(4, measured["laurel.pipeline.queue.depth items"]);
        Assert.Equal(4, measured["laurel.pipeline.batch.size items"]);
        Assert.Equal(7, measured["laurel.pipeline.step.duration items wait"]);
        Assert.Equal(3, measured["laurel.pipeline.step.duration items run"]);
        Assert.Equal(3, measured["laurel.pipeline.step.duration items commit"]);
        Assert.Equal(1, measured["laurel.pipeline.repeats items"]);
        Assert.Equal(1, measured["laurel.pipeline.failures items overloaded"]);
        Assert.Equal(1, measured["laurel.pipeline.failures items poisoned"]);
        Assert.Equal(1, measured["laurel.pipeline.failures items broken"]);
        Assert.Equal(1, measured["laurel.pipeline.failures items unavailable"]);
    }

    [Fact]
    public void Any_mix_of_items_ends_with_each_items_own_right_answer()
    {
        var ids = 0L;
        var cases = from kinds in Gen.Frequency(
                        (8, Gen.Constant("7")), (1, Gen.Constant("-1")), (1, Gen.Constant("x")), (1, Gen.Constant("orphan")), (1, Gen.Constant("9"))).ListOf()
                    from maxBatch in Gen.Choose(1, 20)
                    from shards in Gen.Choose(1, 3)
                    select (Kinds: kinds.ToArray(), MaxBatch: maxBatch, Shards: shards);
        Prop.ForAll(cases.ToArbitrary(), async Task<bool> (given) =>
        {
            var first = Interlocked.Add(ref ids, given.Kinds.Length) - given.Kinds.Length;
            var batch = given.Kinds.Select((kind, i) => kind == "orphan" ? new Item(first + i, "7", 999) : new Item(first + i, kind)).ToArray();
            await using var pipeline = new GroupCommit<Item, string>(new("items") { MaxBatch = given.MaxBatch, Shards = given.Shards }, _source,
                () => new Items(), Meters, NullLogger.Instance, item => (int)item.Id);
            var answers = await Task.WhenAll(batch.Select(item => Task.Run(async () =>
            {
                try
                {
                    return await pipeline.Submit(item, Cancellation);
                }
                catch (PostgresException refused)
                {
                    return refused.SqlState;
                }
            })));
            var kept = await _database.Scalar($"SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM item WHERE id >= {first} AND id < {first + batch.Length}");
            return answers.SequenceEqual(batch.Select(Expected))
                && (string)kept! == string.Join(',', batch.Where(item => !IsPoison(item)).Select(item => item.Id));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

        static bool IsPoison(Item item) => item.Parent is not null || item.Number is "-1" or "x";
        static string Expected(Item item) => item switch
        {
            { Parent: not null } => PostgresErrorCodes.ForeignKeyViolation,
            { Number: "-1" } => PostgresErrorCodes.CheckViolation,
            { Number: "x" } => PostgresErrorCodes.InvalidTextRepresentation,
            _ => $"{item.Id}: {item.Number}",
        };
    }

    private static Item[] Numbered(int first, int count) => [.. Enumerable.Range(first, count).Select(id => new Item(id))];

    private static List<Task<string>> Submit(GroupCommit<Item, string> pipeline, Item[] items) =>
        [.. items.Select(item => pipeline.Submit(item, Cancellation))];

    private static async Task AreUnavailable(List<Task<string>> answers)
    {
        foreach (var answer in answers)
            await Assert.ThrowsAsync<UnavailableException>(() => answer);
    }

    /// <summary>One item that is inside of its transaction until the gate opens, so that what follows gathers.</summary>
    private static async Task<Task<string>> Plug(GroupCommit<Item, string> pipeline, Items items)
    {
        var plug = pipeline.Submit(new(0), Cancellation);
        await items.Entered.Task.WaitAsync(Cancellation);
        return plug;
    }

    private GroupCommit<Item, string> Pipeline(
        Items items, NpgsqlDataSource? other = null, int capacity = 10_000, int maxBatch = 1_000, Func<Item, int>? weigh = null) =>
        new(new("items") { Capacity = capacity, MaxBatch = maxBatch }, other ?? _source, () => items, Meters, NullLogger.Instance, weigh: weigh);

    public enum Bug
    {
        Throws,
        ReturnsNothing,
        ReturnsTooFew,
        HidesAnError,
    }

    private sealed record Item(long Id, string Number = "7", long? Parent = null);

    /// <summary>Inserts rows, and can be made to fail in each way that a handler can.</summary>
    private sealed class Items : IBatchHandler<Item, string>
    {
        public const string HeldBackAtCommit = "4711";
        public const string ConflictsAtCommit = "4001";

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource? Gate { get; init; }

        public List<IReadOnlyList<Item>> Runs { get; } = [];

        public ConcurrentQueue<string> Log { get; } = [];

        public ConcurrentQueue<string> Told { get; } = [];

        public Func<int, Task>? AfterInsert { get; set; }

        public Action? OnCommitted { get; set; }

        public Action? OnFailed { get; set; }

        public string? FailWith { get; set; }

        public int Failures { get; set; }

        public int Repeats { get; set; }

        public int Most { get; set; } = int.MaxValue;

        public int MostBesideOthers { get; init; } = int.MaxValue;

        public Bug? Bug { get; set; }

        public long? Unbearable { get; init; }

        public static async Task Migrate(string connectionString, CancellationToken cancellation)
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(
                """
                CREATE TABLE parent (id bigint PRIMARY KEY);
                CREATE TABLE item (
                    id bigint PRIMARY KEY,
                    number integer NOT NULL CONSTRAINT item_number_ck CHECK (number >= 0),
                    parent bigint CONSTRAINT item_parent_fk REFERENCES parent DEFERRABLE INITIALLY DEFERRED
                );
                CREATE SEQUENCE conflict;
                CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF NEW.number = 4711 THEN
                        PERFORM pg_advisory_xact_lock_shared(4711);
                    ELSIF nextval('conflict') <= 3 THEN
                        RAISE SQLSTATE '40001';
                    END IF;
                    RETURN NULL;
                END $$;
                CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (NEW.number IN (4711, 4001)) EXECUTE FUNCTION at_commit();
                """, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        /// <summary>As long as this connection is open, no transaction with such an item can commit.</summary>
        public static async Task<NpgsqlConnection> HoldCommits(TestDatabase database)
        {
            var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(Cancellation);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(4711)", connection);
            await command.ExecuteNonQueryAsync(Cancellation);
            return connection;
        }

        public async Task<IReadOnlyList<string>> Run(NpgsqlConnection connection, IReadOnlyList<Item> batch)
        {
            Runs.Add([.. batch]);
            Log.Enqueue($"run {Ids(batch)}");
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO item (id, number, parent)
                SELECT id, number::integer, parent
                FROM unnest($1, $2, $3) AS new (id, number, parent)
                RETURNING id, number
                """, connection)
            {
                Parameters =
                {
                    new() { Value = batch.Select(item => item.Id).ToArray() },
                    new() { Value = batch.Select(item => item.Number).ToArray() },
                    new() { Value = batch.Select(item => item.Parent).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
                },
            };
            var inserted = new Dictionary<long, int>();
            await using (var rows = await command.ExecuteReaderAsync())
            {
                while (await rows.ReadAsync())
                    inserted.Add(rows.GetInt64(0), rows.GetInt32(1));
            }
            Entered.TrySetResult();
            if (Gate is not null)
                await Gate.Task;
            if (AfterInsert is not null)
                await AfterInsert(connection.ProcessID);
            if (Failures > 0)
            {
                Failures--;
                await Execute(connection, $"DO $$ BEGIN RAISE SQLSTATE '{FailWith}'; END $$");
            }
            if (batch.Count > Most)
                throw new BatchTooLargeException("too much");
            if (Repeats-- > 0 || batch.Count > MostBesideOthers)
                throw new RepeatBatchException("once more");
            if (batch.Any(item => item.Id == Unbearable))
                throw new NotSupportedException("an item");
            switch (Bug)
            {
                case GroupCommitTests.Bug.Throws:
                    throw new NotSupportedException("a bug");
                case GroupCommitTests.Bug.ReturnsNothing:
                    return null!;
                case GroupCommitTests.Bug.ReturnsTooFew:
                    return [];
                case GroupCommitTests.Bug.HidesAnError:
                    await Assert.ThrowsAsync<PostgresException>(() => Execute(connection, "SELECT 1/0"));
                    break;
            }
            return [.. batch.Select(item => $"{item.Id}: {inserted[item.Id]}")];
        }

        public void Committed(IReadOnlyList<Item> batch, IReadOnlyList<string> results)
        {
            Log.Enqueue($"committed {Ids(batch)}");
            foreach (var result in results)
                Told.Enqueue(result);
            OnCommitted?.Invoke();
        }

        public void Failed(IReadOnlyList<Item> batch)
        {
            Log.Enqueue($"failed {Ids(batch)}");
            OnFailed?.Invoke();
        }

        private static string Ids(IReadOnlyList<Item> batch) => string.Join(',', batch.Select(item => item.Id));

        private static async Task Execute(NpgsqlConnection connection, string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }
}

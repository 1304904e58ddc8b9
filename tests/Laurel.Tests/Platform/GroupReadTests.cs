using System.Collections.Concurrent;
using Laurel.Platform;
using Laurel.Platform.Postgres;

namespace Laurel.Tests.Platform;

public sealed class GroupReadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_caller_gets_its_own_row_and_none_where_there_is_none()
    {
        var reader = new GroupRead<int, string>(keys => Task.FromResult(keys.Where(key => key % 3 != 0).ToDictionary(key => key, key => $"row {key}")));
        var answers = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(async key => (key, row: await reader.Get(key % 700, Cancellation))));

        Assert.All(answers, answer => Assert.Equal(answer.key % 700 % 3 == 0 ? null : $"row {answer.key % 700}", answer.row));
    }

    [Fact]
    public async Task Callers_who_ask_while_queries_run_share_the_next_one()
    {
        var gate = new TaskCompletionSource();
        var queries = new ConcurrentQueue<int[]>();
        var reader = new GroupRead<int, string>(async keys =>
        {
            queries.Enqueue(keys);
            await gate.Task;
            return keys.ToDictionary(key => key, key => $"row {key}");
        });
        var first = new[] { reader.Get(1, Cancellation), reader.Get(2, Cancellation) };
        while (queries.Sum(keys => keys.Length) < 2)
            await Task.Yield();
        var rest = Enumerable.Range(3, 100).Select(key => reader.Get(key, Cancellation)).ToList();
        var again = reader.Get(3, Cancellation);
        gate.SetResult();
        await Task.WhenAll([.. first, .. rest, again]);

        // Two lanes may share the hundred, but nobody was read for alone, and a key that was asked for twice was read once a query.
        Assert.True(queries.Count <= 4, $"{queries.Count} queries");
        Assert.All(queries, keys => Assert.Equal(keys.Distinct(), keys));
    }

    [Fact]
    public async Task A_caller_who_asks_after_a_change_sees_it()
    {
        var value = 0;
        var reader = new GroupRead<int, string>(async keys =>
        {
            var seen = Volatile.Read(ref value);
            await Task.Yield();
            return keys.ToDictionary(key => key, _ => $"{seen}");
        });

        for (var round = 1; round <= 500; round++)
        {
            _ = Enumerable.Range(0, 5).Select(_ => reader.Get(0, Cancellation)).ToList();
            Volatile.Write(ref value, round);
            Assert.Equal($"{round}", await reader.Get(0, Cancellation));
        }
    }

    [Fact]
    public async Task A_failed_query_fails_its_callers_and_nobody_later()
    {
        var fails = true;
        var reader = new GroupRead<int, string>(keys => fails
            ? throw new TimeoutException()
            : Task.FromResult(keys.ToDictionary(key => key, _ => "row")));

        await Assert.ThrowsAsync<TimeoutException>(() => reader.Get(1, Cancellation));
        await Assert.ThrowsAsync<TimeoutException>(() => reader.Get(1, Cancellation));
        await Assert.ThrowsAsync<TimeoutException>(() => reader.Get(1, Cancellation));
        fails = false;
        Assert.Equal("row", await reader.Get(1, Cancellation));
    }

    [Fact]
    public async Task A_caller_who_leaves_stops_nobody_else_and_a_full_queue_is_refused()
    {
        var gate = new TaskCompletionSource();
        var reader = new GroupRead<int, string>(async keys =>
        {
            await gate.Task;
            return keys.ToDictionary(key => key, _ => "row");
        });
        using var leaving = new CancellationTokenSource();
        var left = reader.Get(1, leaving.Token);
        var stays = reader.Get(1, Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => left);

        var waiting = new List<Task<string?>>();
        await Assert.ThrowsAsync<OverloadedException>(async () =>
        {
            for (var at = 0; at < 20_000; at++)
                waiting.Add(reader.Get(at, Cancellation));
            await Task.CompletedTask;
        });
        gate.SetResult();
        Assert.Equal("row", await stays);
        Assert.All(await Task.WhenAll(waiting), Assert.NotNull);
    }
}

using Laurel.Platform.Limits;

namespace Laurel.Tests.Limits;

public sealed class StandingInLine : IDisposable
{
    private readonly HandClock _clock = new();
    private readonly AdmissionLine _line;

    public StandingInLine() => _line = new AdmissionLine(places: 2, _clock);

    public void Dispose() => _line.Dispose();

    [Fact]
    public async Task As_many_are_inside_as_there_are_places_and_the_others_follow_in_turn()
    {
        var inside = Enter(2);
        var waiting = Enter(3);
        Assert.All(inside, Enters);
        Assert.All(waiting, place => Assert.False(place.IsCompleted));
        Assert.Equal((2, 3), (_line.Inside, _line.Waiting));

        foreach (var next in waiting)
        {
            _line.Leave();
            Assert.True(await next);
        }

        _line.Leave();
        _line.Leave();
        Assert.Equal((0, 0), (_line.Inside, _line.Waiting));
    }

    [Fact]
    public async Task A_burst_waits_for_as_long_as_the_interval()
    {
        Enter(2);
        var burst = Enter(20);
        for (var at = 0; at < burst.Count; at++)
        {
            _clock.Now += 20;
            _line.Leave();
            Assert.True(await burst[at]);
        }
    }

    [Fact]
    public async Task Of_a_line_that_stands_only_who_came_just_now_is_served()
    {
        Enter(2);
        var first = Enter(1);
        _clock.Now += 400;
        var second = Enter(1);
        _clock.Now += 90;
        var third = Enter(1);
        // Now the line has stood for longer than the interval: all but the third have waited for longer than the target.
        _clock.Now += 20;
        _line.Leave();

        Assert.False(await first[0]);
        Assert.False(await second[0]);
        Assert.True(await third[0]);
        Assert.Equal(0, _line.Waiting);

        // Empty again, it is as patient as before.
        var late = Enter(1);
        _clock.Now += 400;
        _line.Leave();
        Assert.True(await late[0]);
    }

    [Fact]
    public async Task Where_nobody_leaves_whoever_waits_is_told_all_the_same()
    {
        Enter(2);
        var waiting = Enter(3);
        _clock.Now += 501;
        Assert.All(await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken), Assert.False);
        Assert.Equal((2, 0), (_line.Inside, _line.Waiting));
    }

    [Fact]
    public async Task The_line_is_bounded()
    {
        Enter(2);
        var waiting = Enter(32);
        Assert.False(await _line.Enter());
        Assert.All(waiting, place => Assert.False(place.IsCompleted));
    }

    [Fact]
    public async Task Many_at_once_get_a_place_each_and_leave_none_taken()
    {
        var most = 0;
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var at = 0; at < 2_000; at++)
            {
                if (!await _line.Enter())
                    continue;
                InterlockedMax(ref most, Interlocked.Increment(ref inside));
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                _line.Leave();
            }
        })));

        Assert.InRange(most, 1, 2);
        Assert.Equal((0, 0), (_line.Inside, _line.Waiting));
    }

    private List<Task<bool>> Enter(int count) => [.. Enumerable.Range(0, count).Select(_ => _line.Enter().AsTask())];

    private static void Enters(Task<bool> place) => Assert.Equal(TaskStatus.RanToCompletion, place.Status);

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen;)
            seen = Interlocked.CompareExchange(ref most, value, seen) is var before && before == seen ? value : before;
    }
}

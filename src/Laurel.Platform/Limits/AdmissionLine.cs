namespace Laurel.Platform.Limits;

/// <summary>
/// The requests that one service works on at once, and a line of those that wait for a place. A line that has not been empty for
/// <see cref="Interval"/> is no burst but an overload: more comes than can be done. From then on nobody waits longer than
/// <see cref="Target"/>, so that what is done is done soon, and the others are told at once (as CoDel keeps a router's queue short).
/// </summary>
internal sealed class AdmissionLine : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(50);

    /// <summary>How many may wait for each place. It bounds the memory; the time bounds the line long before.</summary>
    private const int WaitingForPlace = 16;

    private readonly int _places;
    private readonly TimeProvider _time;
    private readonly ITimer _clock;
    private readonly Lock _gate = new();
    private readonly Queue<Waiter> _line = [];
    private int _inside;
    private long _standingSince;

    public AdmissionLine(int places, TimeProvider time)
    {
        (_places, _time) = (places, time);
        _clock = time.CreateTimer(static line => ((AdmissionLine)line!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Inside => Volatile.Read(ref _inside);

    public int Waiting
    {
        get
        {
            lock (_gate)
                return _line.Count;
        }
    }

    /// <summary>True with a place, which has to be left; false where there is none in time.</summary>
    public ValueTask<bool> Enter()
    {
        lock (_gate)
        {
            if (_inside < _places)
            {
                _inside++;
                return ValueTask.FromResult(true);
            }

            var now = _time.GetTimestamp();
            RefuseWhoWaitedTooLong(now);
            if (_line.Count >= (long)_places * WaitingForPlace)
                return ValueTask.FromResult(false);
            if (_line.Count == 0)
            {
                _standingSince = now;
                // Only for a line in which nobody comes or goes: those who do look as well.
                _clock.Change(Target, Timeout.InfiniteTimeSpan);
            }

            var waiter = new Waiter(now);
            _line.Enqueue(waiter);
            return new ValueTask<bool>(waiter.Task);
        }
    }

    /// <summary>Whoever waits longest gets the place.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (_line.Count > 0)
                RefuseWhoWaitedTooLong(_time.GetTimestamp());
            if (_line.TryDequeue(out var next))
                next.SetResult(true);
            else
                _inside--;
        }
    }

    public void Dispose() => _clock.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            RefuseWhoWaitedTooLong(_time.GetTimestamp());
            if (_line.Count > 0)
                _clock.Change(Target, Timeout.InfiniteTimeSpan);
        }
    }

    private void RefuseWhoWaitedTooLong(long now)
    {
        var patience = _time.GetElapsedTime(_standingSince, now) > Interval ? Target : Interval;
        while (_line.TryPeek(out var first) && _time.GetElapsedTime(first.Since, now) > patience)
            _line.Dequeue().SetResult(false);
    }

    /// <summary>Goes on elsewhere than under the lock.</summary>
    private sealed class Waiter(long since) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Since => since;
    }
}

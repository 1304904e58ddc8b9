using Laurel.Events.Activities;
using Laurel.Events.Catalog;
using Laurel.Events.Jobs;
using Laurel.Events.Progress;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Voids;

/// <summary>Changes activities of these users, so that they count no longer or otherwise; so many at most. Tells them as they were.</summary>
internal delegate IAsyncEnumerable<(string User, Activity Activity)> Taking(
    NpgsqlTransaction transaction, IReadOnlyCollection<string> users, int limit, CancellationToken cancellation);

/// <summary>One transaction of a void; or of whatever else changes activities that have been counted.</summary>
internal sealed class VoidBatch(JobId job, Taking take, StoredGenerations log, VoidCursor cursor, int activitiesAtOnce)
{
    private readonly HashSet<string> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<ProgressKey, Touch> _touches = [];
    private readonly HashSet<ProgressKey> _beyond = [];
    private readonly List<RunningEvent> _found = [];
    private readonly HashSet<RunningEvent> _failing = [];

    /// <remarks>
    /// 1. Take back the activities of the next users, and find the rows of progress that they counted in.
    /// 2. Read those rows, and after that what is left of these users' activities.
    /// 3. Write what that comes to; a row that has changed meanwhile is read and folded again.
    /// 4. Move on. Where one user had too much for one batch, the next begins with them.
    /// </remarks>
    public async Task<(VoidCursor Next, int More)> Run(
        NpgsqlTransaction transaction, EventIndex index, JobBatches batches, CancellationToken cancellation)
    {
        var users = await VoidStore.NextUsers(transaction, job, cursor.User, cursor.Size, cancellation);
        if (users.Count == 0)
            return (cursor with { IsThrough = true }, 0);

        var (taken, last) = (0, -1);
        await foreach (var (user, activity) in take(transaction, users, activitiesAtOnce, cancellation))
        {
            taken++;
            if (_users.Add(user))
                last = Math.Max(last, users.IndexOf(user));
            Touch(user, activity, index);
        }

        var touches = _touches.Values.ToList();
        touches.Sort((left, right) => ProgressKey.Order.Compare(left.Key, right.Key));
        if (touches.Count > 0)
            await Folding.Read(transaction.Connection!, touches);
        var read = await Refold(transaction, touches, index, cancellation);
        // An event that cannot be folded stands still from now on; what was taken back of it is counted anew with it.
        await batches.Fold(transaction, touches);
        return await MoveOn(transaction, users, taken, taken == activitiesAtOnce ? last : users.Count, taken + read, cancellation);
    }

    private void Touch(string user, Activity activity, EventIndex index)
    {
        index.Find(activity, _found);
        foreach (var on in _found)
        {
            if (on.Definition.Calendar.WindowOf(activity.OccurredAt) is not { } window)
                continue;
            var key = new ProgressKey(user, on.Id, window.Key);
            if (!log.ReachTo(window.Start))
                _beyond.Add(key);
            else if (!_touches.ContainsKey(key))
                _touches.Add(key, new Touch(key, on, window) { Mending = Mending.Void, For = job });
        }
    }

    /// <summary>
    /// What is left, each user's read once for all rows. A fold that fails is left to those who write the rows: they fold again, and
    /// quarantine the event.
    /// </summary>
    private async Task<int> Refold(NpgsqlTransaction transaction, List<Touch> touches, EventIndex index, CancellationToken cancellation)
    {
        foreach (var touch in touches)
            touch.Refolded = Rules.Progress.Empty;
        var read = 0;
        foreach (var ofUser in touches.GroupBy(touch => touch.Key.UserId, StringComparer.Ordinal))
        {
            var (from, to) = (ofUser.Min(touch => touch.Window.Start), ofUser.Max(touch => touch.Window.End));
            var wish = new HistoryWish(
                log.Holding(from, to),
                from,
                to,
                [.. ofUser.SelectMany(touch => touch.Event.Definition.Measures).Select(measure => measure.Activity).Distinct()]);
            read += await UserHistory.Read(transaction, ofUser.Key, ofUser.Key, wish, (user, activity) => Add(user, activity, index), cancellation);
        }

        touches.FindAll(touch => _failing.Contains(touch.Event)).ForEach(touch => touch.Refolded = null);
        return read;
    }

    private void Add(string user, Activity activity, EventIndex index)
    {
        index.Find(activity, _found);
        foreach (var on in _found)
        {
            if (_failing.Contains(on)
                || on.Definition.Calendar.WindowOf(activity.OccurredAt) is not { } window
                || !_touches.TryGetValue(new ProgressKey(user, on.Id, window.Key), out var touch))
                continue;
            try
            {
                touch.Add(activity);
            }
#pragma warning disable CA1031 // Whatever it is, it stands in the way of this one event alone.
            catch (Exception)
#pragma warning restore CA1031
            {
                _failing.Add(on);
            }
        }
    }

    /// <param name="transaction">The batch's.</param>
    /// <param name="users">Who was to be done.</param>
    /// <param name="taken">How many activities have been taken back.</param>
    /// <param name="done">How many users of these have nothing left, as far as is known.</param>
    /// <param name="weight">How many activities were read and written.</param>
    /// <param name="cancellation">Ends it between two statements.</param>
    private async Task<(VoidCursor Next, int More)> MoveOn(
        NpgsqlTransaction transaction, List<string> users, int taken, int done, int weight, CancellationToken cancellation)
    {
        var partly = done < users.Count ? users[done] : null;
        if (cursor.Partly is { } before)
            _users.Add(before);
        if (partly is not null)
            _users.Remove(partly);
        if (done > 0)
            await VoidStore.Forget(transaction, job, users[done - 1], cancellation);

        var next = cursor.Weighed(weight) with
        {
            User = done > 0 ? users[done - 1] : cursor.User,
            Partly = partly,
            Activities = cursor.Activities + taken,
            Users = cursor.Users + _users.Count,
            Beyond = cursor.Beyond + _beyond.Count,
        };
        return (next, done);
    }
}

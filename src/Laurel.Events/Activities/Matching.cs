using Laurel.Events.Catalog;
using Laurel.Events.Progress;

namespace Laurel.Events.Activities;

/// <summary>Which rows of progress a batch touches.</summary>
internal sealed class Matching(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);

    private readonly List<RunningEvent> _found = [];
    private CatalogSnapshot? _snapshot;
    private DateTimeOffset _since;
    private EventIndex _index = new([]);

    /// <summary>The rows, in the order of their keys. The entries, in the order of theirs, are told which of them they touch.</summary>
    public List<Touch> Touches(IReadOnlyList<Entry> entries, CatalogSnapshot snapshot)
    {
        Renew(snapshot);
        var touches = new List<Touch>(entries.Count * 2);
        var userStart = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (i > 0 && entries[i - 1].Activity.UserId != entry.Activity.UserId)
            {
                Sort(touches, userStart);
                userStart = touches.Count;
            }

            entry.Touches.Clear();
            _index.Find(entry.Activity.Content, _found);
            foreach (var found in _found)
            {
                if (found.Definition.Calendar.WindowOf(entry.Activity.Content.OccurredAt) is { } window)
                    entry.Touches.Add(OfUser(touches, userStart, entry.Activity.UserId, found, window, snapshot.IsVoiding));
            }
        }

        Sort(touches, userStart);
        return touches;
    }

    private static Touch OfUser(List<Touch> touches, int userStart, string userId, RunningEvent on, Rules.Window window, bool isVoiding)
    {
        for (var i = userStart; i < touches.Count; i++)
        {
            if (ReferenceEquals(touches[i].Event, on) && touches[i].Key.Window == window.Key)
                return touches[i];
        }

        var touch = new Touch(new ProgressKey(userId, on.Id, window.Key), on, window) { IsAlwaysWritten = isVoiding };
        touches.Add(touch);
        return touch;
    }

    private static void Sort(List<Touch> touches, int start) =>
        touches.Sort(start, touches.Count - start, Comparer<Touch>.Create(static (left, right) => ProgressKey.Order.Compare(left.Key, right.Key)));

    /// <summary>An event that ended longer ago than any acceptable activity occurred is not looked at any more.</summary>
    private void Renew(CatalogSnapshot snapshot)
    {
        var now = time.GetUtcNow();
        if (ReferenceEquals(snapshot, _snapshot) && now - _since < Fresh)
            return;
        _index = new EventIndex(snapshot.Active.Where(one => one.Definition.Draft.EndsAt > now - Intake.Window - Fresh));
        _snapshot = snapshot;
        _since = now;
    }
}

using Laurel.Events.Progress;
using Laurel.Rules;

namespace Laurel.Events.Activities;

/// <summary>The activities of one transaction, in the order of their keys: every process locks in the same order.</summary>
internal sealed class ActivityBatch
{
    private readonly IReadOnlyList<Portion> _portions;
    private readonly Entry[] _entries;

    public ActivityBatch(IReadOnlyList<Portion> portions)
    {
        _portions = portions;
        _entries = new Entry[portions.Sum(portion => portion.Activities.Count)];
        var at = 0;
        foreach (var portion in portions)
        {
            foreach (var activity in portion.Activities)
                _entries[at] = new Entry(activity, at++);
        }

        var sorted = (Entry[])_entries.Clone();
        Array.Sort(sorted, Entry.ByKey);
        Distinct = new List<Entry>(sorted.Length);
        foreach (var entry in sorted)
        {
            if (Distinct.Count > 0 && Distinct[^1].HasKeyOf(entry))
                entry.First = Distinct[^1];
            else
                Distinct.Add(entry);
        }
    }

    /// <summary>One for each key, the first that came.</summary>
    public List<Entry> Distinct { get; }

    /// <summary>Each portion's results, in the order in which its activities came.</summary>
    public ActivityResult[][] Results()
    {
        var results = new ActivityResult[_portions.Count][];
        var at = 0;
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = new ActivityResult[_portions[i].Activities.Count];
            for (var j = 0; j < results[i].Length; j++)
                results[i][j] = _entries[at++].Result();
        }

        return results;
    }
}

/// <summary>One activity of a batch, and what is found out about it.</summary>
internal sealed class Entry(NewActivity activity, int arrival)
{
    public static readonly Comparer<Entry> ByKey = Comparer<Entry>.Create(static (left, right) =>
    {
        var order = string.CompareOrdinal(left.Activity.UserId, right.Activity.UserId);
        if (order == 0)
            order = string.CompareOrdinal(left.Activity.Id, right.Activity.Id);
        return order == 0 ? left.Arrival - right.Arrival : order;
    });

    public NewActivity Activity => activity;

    /// <summary>The one before it in this batch that has the same key.</summary>
    public Entry? First { get; set; }

    /// <summary>Whether this batch has stored it.</summary>
    public bool IsInserted { get; set; }

    /// <summary>What was stored under its key before this batch.</summary>
    public Rules.Activity? Stored { get; set; }

    /// <summary>Whether that has lost its attributes, so that nobody can tell which they were.</summary>
    public bool IsErased { get; set; }

    /// <summary>The progress that it counts in.</summary>
    public List<Touch> Touches { get; } = [];

    private int Arrival => arrival;

    public bool HasKeyOf(Entry other) => other.Activity.HasKey(activity.UserId, activity.Id);

    public ActivityResult Result()
    {
        if (IsInserted)
            return new ActivityResult(activity.Id, ActivityOutcome.Accepted);
        var before = First is null ? Stored : First.Stored ?? First.Activity.Content;
        var content = (First ?? this).IsErased ? activity.Content with { Attributes = Attributes.None } : activity.Content;
        return !activity.IsContentCompared || content.Equals(before)
            ? new ActivityResult(activity.Id, ActivityOutcome.Duplicate)
            : new ActivityResult(activity.Id, ActivityOutcome.Refused, RefusalCodes.IdReused);
    }
}

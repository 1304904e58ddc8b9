using Laurel.Events.Catalog;
using Laurel.Rules;

namespace Laurel.Events.Progress;

/// <summary>What a verification has found so far.</summary>
internal sealed class VerificationSummary
{
    public const int MaxShown = 20;

    public long Users { get; set; }

    /// <summary>How many rows were compared. One that is missing counts as one.</summary>
    public long Compared { get; private set; }

    public long Different { get; private set; }

    /// <summary>A line for each of the first differences.</summary>
    public List<string> First { get; } = [];

    public SortedDictionary<StoredProgress, long> Skipped { get; } = [];

    public void Skip(StoredProgress reason) => Skipped[reason] = Skipped.GetValueOrDefault(reason) + 1;

    public void Add(StoredProgress found, RunningEvent on, ProgressKey key, ProgressRow? row, Rules.Progress anew)
    {
        if (found is not (StoredProgress.Equal or StoredProgress.Different))
        {
            Skip(found);
            return;
        }

        Compared++;
        if (found == StoredProgress.Equal)
            return;
        Different++;
        if (First.Count < MaxShown)
            First.Add(Line(on, key, row, anew));
    }

    private static string Line(RunningEvent on, ProgressKey key, ProgressRow? row, Rules.Progress anew)
    {
        var (stored, right) = (row is null ? "no row" : Stored(on, row), Text(on, anew, Engine.MetBits(on.Definition, anew)));
        var note = stored == right ? " (they differ in what does not show)" : "";
        return $"user '{key.UserId}', event {key.EventId} '{on.Title}', window {key.Window:yyyy-MM-dd}: stored is {stored}, should be {right}{note}";
    }

    private static string Stored(RunningEvent on, ProgressRow row)
    {
        try
        {
            return Text(on, row.Progress, row.Met);
        }
        catch (InvalidDataException)
        {
            return "a state that cannot be read";
        }
    }

    /// <summary>Such as `3/10 5/5, met 1 2`: how far each leaf is, and the numbers of what is met (0 is the event's condition).</summary>
    private static string Text(RunningEvent on, Rules.Progress progress, long met)
    {
        var verdict = Engine.Judge(on.Definition, progress);
        var leaves = verdict.Leaves.Concat(verdict.Offers.SelectMany(offer => offer.Leaves ?? [])).Select(leaf => $"{leaf.Current}/{leaf.Target}");
        var bits = Enumerable.Range(0, 63).Where(bit => ((met >> bit) & 1) != 0).ToList();
        return $"{string.Join(' ', leaves)}, met {(bits.Count == 0 ? "nothing" : string.Join(' ', bits))}";
    }
}

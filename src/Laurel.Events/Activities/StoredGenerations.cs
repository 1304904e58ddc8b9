namespace Laurel.Events.Activities;

/// <summary>The generations of the activity log that are stored, as one state of the catalog knows them.</summary>
/// <param name="Known">
/// The number of each, in their order, since when it was the current one, and whether a demo was made in it: what is made for a demo
/// is stored weeks after it occurred.
/// </param>
internal sealed record StoredGenerations(IReadOnlyList<(int Number, DateTimeOffset Since, bool HoldsDemo)> Known)
{
    /// <summary>For clocks that differ.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromHours(1);

    /// <summary>From when on every activity is still stored; null where none was ever dropped.</summary>
    public DateTimeOffset? Horizon => Known is [{ Number: > 1 } first, ..] ? first.Since + Intake.Ahead + Margin : null;

    /// <summary>Whether all activities since then are stored.</summary>
    public bool ReachTo(DateTimeOffset time) => Horizon is not { } horizon || time >= horizon;

    /// <summary>
    /// The generations that can hold activities of a period, from the first to the last of them: none is stored longer before or after
    /// it occurred than the intake lets pass, but for a demo. The first of all also holds what was there before it. The last has no end, so that whoever
    /// looks into it a little later misses nothing either.
    /// </summary>
    public (int First, int Last) Holding(DateTimeOffset from, DateTimeOffset to)
    {
        var (first, last) = (0, -1);
        for (var i = 0; i < Known.Count; i++)
        {
            var isNewest = i == Known.Count - 1;
            var beginsInTime = Known[i].Number == 1 || Known[i].HoldsDemo || Known[i].Since - Generations.Length <= to;
            if (!beginsInTime || (!isNewest && Known[i + 1].Since + Margin < from))
                continue;
            first = last < 0 ? Known[i].Number : first;
            last = isNewest ? int.MaxValue : Known[i].Number;
        }

        return (first, last);
    }

    /// <summary>The generations that hold what arrived in a period, by their numbers.</summary>
    public IEnumerable<int> OfArrivals(DateTimeOffset from, DateTimeOffset to) => Known
        .Where((one, i) => one.Since <= to + Margin && (i == Known.Count - 1 || Known[i + 1].Since + Margin >= from))
        .Select(one => one.Number);
}

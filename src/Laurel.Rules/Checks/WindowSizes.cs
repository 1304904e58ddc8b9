namespace Laurel.Rules;

/// <summary>The most that a window of an event has room for. Computed when asked for: most events measure neither days nor time.</summary>
internal sealed class WindowSizes(Calendar calendar)
{
    private readonly Lazy<List<Tally>> _days = new(() => Shapes(calendar));
    private readonly Lazy<long> _seconds = new(() => (long)Math.Ceiling(calendar.AllWindows().Max(window => (window.End - window.Start).TotalSeconds)));

    public long Seconds => _seconds.Value;

    /// <summary>
    /// The local days that windows touch, as if each was attended. Of the windows without a gap the longest is here; those that a
    /// skipped date divides are all here, since a run may end there.
    /// </summary>
    public IReadOnlyList<Tally> Days => _days.Value;

    private static List<Tally> Shapes(Calendar calendar)
    {
        var (longest, divided) = (default(Tally), new List<Tally>());
        foreach (var window in calendar.AllWindows())
        {
            Tally days = default;
            var (first, last) = (-1, 0);
            foreach (var day in calendar.DaysOf(window))
            {
                days.TryAddDay(day, out days);
                (first, last) = (first < 0 ? day : first, day);
            }

            if (last - first + 1 != days.Total)
                divided.Add(days);
            else if (days.Total > longest.Total)
                longest = days;
        }

        return [.. divided, longest];
    }
}

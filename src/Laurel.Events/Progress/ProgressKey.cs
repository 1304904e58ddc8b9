namespace Laurel.Events.Progress;

/// <summary>Whose progress, in which event and window.</summary>
internal readonly record struct ProgressKey(string UserId, EventId EventId, DateOnly Window)
{
    /// <summary>The order in which every process locks.</summary>
    public static readonly Comparer<ProgressKey> Order = Comparer<ProgressKey>.Create(static (left, right) =>
    {
        var order = string.CompareOrdinal(left.UserId, right.UserId);
        if (order == 0)
            order = left.EventId.Value.CompareTo(right.EventId.Value);
        return order == 0 ? left.Window.CompareTo(right.Window) : order;
    });
}

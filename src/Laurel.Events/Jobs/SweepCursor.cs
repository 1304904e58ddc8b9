namespace Laurel.Events.Jobs;

/// <summary>Where a sweep over the users of an event stands.</summary>
/// <param name="User">The last one that is done.</param>
/// <param name="Size">How many are taken at once, so that few of many activities and many of few make about the same work.</param>
/// <param name="Participants">How many of them have done something that counts.</param>
/// <param name="Beyond">How many rows were left as they are, since not all activities of their windows are stored any more.</param>
internal sealed record SweepCursor(string User, int Size, long Participants, long Beyond)
{
    public static readonly SweepCursor Start = new("", 25, 0, 0);

    /// <summary>How many users there are, as far as has been counted; they are counted alongside, so that the work begins at once.</summary>
    public long Counted { get; init; }

    /// <summary>The last one that has been counted.</summary>
    public string CountedTo { get; init; } = "";

    public bool IsCounted { get; init; }

    /// <summary>Whether it has come to its end, and only its result is missing.</summary>
    public bool IsThrough { get; init; }

    /// <summary>What it came to, as far as it has been summed up.</summary>
    public ChangeTally Tally { get; init; } = ChangeTally.Nothing;

    public const int CountedAtOnce = 5_000;

    private const int MaxSize = 200;
    private const int AimedWeight = 5_000;

    public SweepCursor After(Swept swept, long beyond) => this with
    {
        User = swept.Last!,
        Size = swept.Weight > AimedWeight ? Math.Max(1, Size / 2) : swept.Weight < AimedWeight / 2 ? Math.Min(MaxSize, Size * 2) : Size,
        Participants = Participants + swept.Rows.Where(row => !row.Anew.IsEmpty).Select(row => row.Key.UserId).Distinct().Count(),
        Beyond = Beyond + beyond,
    };
}

namespace Laurel.Events.Voids;

/// <summary>Where a void stands: first it finds whom it has to do with, then it takes their activities back, then it sums up.</summary>
/// <param name="User">The last one that is done.</param>
/// <param name="Size">How many users are taken at once.</param>
/// <param name="Activities">How many activities have been taken back.</param>
/// <param name="Users">How many users they are of.</param>
/// <param name="Beyond">How many rows were left as they are, since not all activities of their windows are stored any more.</param>
internal sealed record VoidCursor(string User, int Size, long Activities, long Users, long Beyond)
{
    public static readonly VoidCursor Start = new("", 25, 0, 0, 0);

    private const int MaxSize = 200;
    private const int AimedWeight = 5_000;
    private const int MaxSliceSeconds = 10 * 365 * 24 * 3600;

    /// <summary>Up to which moment users have been looked for; null before the first look.</summary>
    public DateTimeOffset? SearchedTo { get; init; }

    /// <summary>How much of the period is looked through at once.</summary>
    public int SliceSeconds { get; init; } = 600;

    /// <summary>How many users have been found.</summary>
    public long Found { get; init; }

    /// <summary>Whether it is known whom it has to do with.</summary>
    public bool IsSearched { get; init; }

    /// <summary>Of whom a part has been taken back, since it was too much for one batch.</summary>
    public string? Partly { get; init; }

    /// <summary>Whether all has been taken back, and only the result is missing.</summary>
    public bool IsThrough { get; init; }

    /// <summary>What it came to, as far as it has been summed up.</summary>
    public Jobs.ChangeTally Tally { get; init; } = Jobs.ChangeTally.Nothing;

    public VoidCursor Searched(DateTimeOffset to, TimeSpan took) => this with
    {
        SearchedTo = to,
        SliceSeconds = took > TimeSpan.FromSeconds(1) ? Math.Max(1, SliceSeconds / 4)
            : took < TimeSpan.FromMilliseconds(250) ? (int)Math.Min(MaxSliceSeconds, SliceSeconds * 4L)
            : SliceSeconds,
    };

    /// <summary>The next batch: smaller where there was much to do, larger where there was little.</summary>
    public VoidCursor Weighed(int weight) => this with
    {
        Size = weight > AimedWeight ? Math.Max(1, Size / 2) : weight < AimedWeight / 2 ? Math.Min(MaxSize, Size * 2) : Size,
    };
}

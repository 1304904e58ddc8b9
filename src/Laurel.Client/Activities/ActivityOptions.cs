namespace Laurel.Client;

/// <summary>How activities are kept and sent.</summary>
public sealed record ActivityOptions
{
    /// <summary>How many activities wait in memory at most, beside those that are being sent. Who reports one more waits.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>How many are sent in one request at most; Laurel takes no more than 1,000.</summary>
    public int MaxBatch { get; init; } = 1_000;

    /// <summary>
    /// How long an outage may last before what is to be sent is given up, and told to <see cref="OnGivenUp"/>; null: never, and who
    /// reports waits once the memory is full.
    /// </summary>
    public TimeSpan? GiveUpAfter { get; init; }

    /// <summary>How long an end waits for what was reported before.</summary>
    public TimeSpan DrainFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Called with what Laurel will never take, such as an activity that is too old. It is called between two requests, so it should be
    /// short, and what it throws is lost.
    /// </summary>
    public Action<RefusedActivity>? OnRefused { get; init; }

    /// <summary>Called with what was not sent, or not known to be: sent again under the same ids it counts once. As short, as lost.</summary>
    public Action<GivenUpActivities>? OnGivenUp { get; init; }

    /// <summary>Called with each failure, after which the same is tried again: to be logged. As short, as lost.</summary>
    public Action<LaurelException>? OnTrouble { get; init; }

    /// <summary>What is wrong with them; null where nothing is.</summary>
    internal string? Flaw() => this switch
    {
        { Capacity: < 1 } => "Activities.Capacity is at least 1.",
        { MaxBatch: < 1 or > 1_000 } => "Activities.MaxBatch is from 1 to 1,000.",
        _ when GiveUpAfter < TimeSpan.Zero => "Activities.GiveUpAfter is not negative.",
        _ when DrainFor < TimeSpan.Zero => "Activities.DrainFor is not negative.",
        _ => null,
    };
}

/// <summary>An activity that Laurel will never take.</summary>
/// <param name="Activity">As it was sent.</param>
/// <param name="Code">Why: one of the codes of Laurel's page of errors.</param>
/// <param name="Failure">The refusal of a request that held nothing else, where it was no activity at all.</param>
public sealed record RefusedActivity(ActivityReport Activity, string Code, LaurelException? Failure = null);

/// <summary>Activities that were given up.</summary>
/// <param name="Activities">As they were sent, or would have been: with their ids and times.</param>
/// <param name="Failure">What was in the way; null where nothing but the end of this process was.</param>
public sealed record GivenUpActivities(IReadOnlyList<ActivityReport> Activities, LaurelException? Failure);

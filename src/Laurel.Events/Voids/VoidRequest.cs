using Laurel.Platform.Http;

namespace Laurel.Events.Voids;

/// <summary>
/// Which activities are to be taken back, and why: these, or all that one service account has sent in a period. The period is that of
/// their arrival, whenever they occurred.
/// </summary>
public sealed record VoidRequest
{
    public required string Reason { get; init; }

    public IReadOnlyList<ActivityName>? Activities { get; init; }

    /// <summary>The service account that sent them.</summary>
    public Guid? Source { get; init; }

    /// <summary>From this moment on. Anything finer than milliseconds is cut off, here and in `to`.</summary>
    public DateTimeOffset? From { get; init => field = value is { } time ? Time.ToMilliseconds(time.ToUniversalTime()) : null; }

    /// <summary>Until just before this moment, which has passed.</summary>
    public DateTimeOffset? To { get; init => field = value is { } time ? Time.ToMilliseconds(time.ToUniversalTime()) : null; }

    internal VoidPlan Plan => Activities is { } named ? new VoidPlan([.. named.Distinct()]) : new VoidPlan(Source: Source, From: From, To: To);
}

/// <summary>What an activity is known by.</summary>
public sealed record ActivityName(string UserId, string Id);

/// <summary>What is taken back, as it is kept.</summary>
internal sealed record VoidPlan(
    IReadOnlyList<ActivityName>? Activities = null, Guid? Source = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>What taking activities back came to.</summary>
/// <param name="Activities">How many were taken back.</param>
/// <param name="Users">How many users they are of.</param>
/// <param name="Gained">Who meets a condition now and did not before. No condition asks for less of something, so it is nobody.</param>
/// <param name="Lost">Who no longer meets one. What an event that is being counted anew changes is told by that job.</param>
/// <param name="BeyondHorizon">How many rows of progress were left as they are, since not all activities of their windows are stored any more.</param>
public sealed record VoidResult(long Activities, long Users, Jobs.ChangedUsers Gained, Jobs.ChangedUsers Lost, long BeyondHorizon);

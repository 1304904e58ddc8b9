using System.Text.Json.Serialization;

namespace Laurel.Client;

/// <summary>One thing that a user did.</summary>
/// <param name="UserId">Whom the game knows by this, or Laurel.</param>
/// <param name="Type">What it was, such as <c>monster_killed</c>: letters, digits and any of <c>_ . : -</c></param>
public sealed record ActivityReport(string UserId, string Type)
{
    /// <summary>
    /// What it is known by: sent again under the same id, it counts once. A game that keeps what it reports gives an id of its own, and
    /// with it <see cref="OccurredAt"/>. Without one, the client gives both, once, before it sends.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>When it happened; now, unless told.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>How much it was, for conditions that sum values or look for the largest: a whole number, not negative.</summary>
    public long? Value { get; init; }

    /// <summary>What else is to be said of it: names with texts, numbers and flags.</summary>
    public IReadOnlyDictionary<string, AttributeValue>? Attributes { get; init; }

    /// <summary>As it is sent, however often: with an id, and a time that is as fine as Laurel keeps it.</summary>
    internal static ActivityReport Complete(ActivityReport activity, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(activity);
        if (activity.UserId is null || activity.Type is null)
            throw new ArgumentException("An activity has a user and a type.", nameof(activity));
        if (activity.Id is not null && activity.OccurredAt is null)
            throw new ArgumentException("An activity with an id says when it occurred: sent again it must say the same.", nameof(activity));
        var now = time.GetUtcNow();
        return activity with
        {
            Id = activity.Id ?? Guid.CreateVersion7(now).ToString("N"),
            OccurredAt = activity.OccurredAt ?? now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond)),
        };
    }
}

/// <summary>What became of an activity.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ActivityOutcome>))]
public enum ActivityOutcome
{
    /// <summary>It counts.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>It counts already, from when it was sent before.</summary>
    [JsonStringEnumMemberName("duplicate")]
    Duplicate,

    /// <summary>It does not count.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,
}

/// <summary>What became of one activity.</summary>
/// <param name="Id">The activity.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Code">Why, where it was refused: one of the codes of Laurel's page of errors.</param>
public sealed record ActivityResult(string Id, ActivityOutcome Outcome, string? Code = null);

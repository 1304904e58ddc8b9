using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>
/// Measures activities against a goal. What is measured is the leaf less its goal, so that a goal can change and nobody's progress
/// is lost.
/// </summary>
public abstract record Leaf : Condition
{
    [JsonIgnore]
    public Measure Measure => ToMeasure();

    [JsonIgnore]
    public long Target => Goal;

    /// <summary>Never clamped: 105 of 100 is an answer.</summary>
    public long Current(Progress progress) => Read(progress.TallyOf(Measure.Key));

    private protected abstract long Goal { get; }

    private protected abstract Measure ToMeasure();

    /// <summary>How far a tally of this leaf's measure is towards the goal.</summary>
    internal abstract long Read(Tally tally);
}

/// <summary>A leaf that looks at one type of activity, and of those at the ones that pass a filter.</summary>
public abstract record FilteredLeaf(string Activity, Where? Where) : Leaf
{
    /// <summary>An empty filter is none.</summary>
    public Where? Where { get; init; } = Where is { Count: 0 } ? null : Where;
}

using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>
/// Measures activities against a goal. What is measured is the leaf less its goal, so that a goal can change and nobody's progress
/// is lost.
/// </summary>
public abstract record Leaf : Condition
{
    /// <summary>Never clamped: 105 of 100 is an answer.</summary>
    public long Current(Progress progress) => Read(progress.TallyOf(ToMeasure().Key));

    internal abstract long Goal { get; }

    internal abstract Measure ToMeasure();

    /// <summary>How far a tally of this leaf's measure is towards the goal.</summary>
    internal abstract long Read(Tally tally);

    /// <summary>Reports what is wrong with the fields of this leaf.</summary>
    internal abstract void Check(LeafCheck check);
}

/// <summary>A leaf that looks at one type of activity, and of those at the ones that pass a filter.</summary>
public abstract record FilteredLeaf([property: JsonPropertyOrder(-2)] string Activity, Where? Where) : Leaf
{
    /// <summary>An empty filter is none.</summary>
    [JsonPropertyOrder(-1)]
    public Where? Where { get; init; } = Where is { Count: 0 } ? null : Where;
}

/// <summary>Extensions and no members, since the serializer would take a member that it ignores for a field that it may be sent.</summary>
public static class Leaves
{
    extension(Leaf leaf)
    {
        public Measure Measure => leaf.ToMeasure();

        public long Target => leaf.Goal;
    }
}

namespace Laurel.Rules;

/// <summary>Is met when enough of its children are. Equal when the children are.</summary>
public abstract record Combinator(IReadOnlyList<Condition> Of) : Condition
{
    internal abstract int Needed { get; }

    public virtual bool Equals(Combinator? other) => base.Equals(other) && Of.SequenceEqual(other!.Of);

    public override int GetHashCode() => Of.Aggregate(EqualityContract.GetHashCode(), HashCode.Combine);
}

public sealed record All(IReadOnlyList<Condition> Of) : Combinator(Of)
{
    internal override int Needed => Of.Count;
}

public sealed record Any(IReadOnlyList<Condition> Of) : Combinator(Of)
{
    internal override int Needed => 1;
}

public sealed record AtLeast(int N, IReadOnlyList<Condition> Of) : Combinator(Of)
{
    internal override int Needed => N;
}

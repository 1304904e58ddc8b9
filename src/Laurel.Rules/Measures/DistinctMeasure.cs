namespace Laurel.Rules;

/// <summary>
/// Keeps hashes of values, not values: a tally stays small whatever they are. Two values with one hash would count once, which
/// happens to nobody by chance, and gains nothing to whoever brings it about.
/// </summary>
internal sealed class DistinctMeasure(string activity, string field, Where? where) : Measure("distinct", activity, where, field)
{
    internal override Outcome Add(in Tally before, Activity activity, Calendar calendar, out Tally after)
    {
        if (activity.Attributes.TryGet(Field!, out var value))
            return before.TryAddHash(StableHash.Of(value), out after);

        after = before;
        return Outcome.FieldMissing;
    }
}

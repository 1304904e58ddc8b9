namespace Laurel.Rules;

/// <summary>What one activity was to one measure. All but the first leave the progress as it was.</summary>
public enum Outcome
{
    Counted,
    TypeNotMeasured,
    WhereNotMet,
    ValueMissing,
    ValueZero,
    FieldMissing,
    DayAlreadyCounted,
    NotLargest,
    ValueAlreadyCounted,

    /// <summary>The measure can hold no more: a sum at the end of its range, or as many different values as any goal may ask for.</summary>
    Full,
}

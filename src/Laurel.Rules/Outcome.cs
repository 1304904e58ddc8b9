using System.Text.Json.Serialization;

namespace Laurel.Rules;

/// <summary>What one activity was to one measure. All but the first leave the progress as it was.</summary>
public enum Outcome
{
    Counted,
    [JsonStringEnumMemberName("type_not_measured")] TypeNotMeasured,
    [JsonStringEnumMemberName("where_not_met")] WhereNotMet,
    [JsonStringEnumMemberName("value_missing")] ValueMissing,
    [JsonStringEnumMemberName("value_zero")] ValueZero,
    [JsonStringEnumMemberName("field_missing")] FieldMissing,
    [JsonStringEnumMemberName("day_already_counted")] DayAlreadyCounted,
    [JsonStringEnumMemberName("not_largest")] NotLargest,
    [JsonStringEnumMemberName("value_already_counted")] ValueAlreadyCounted,

    /// <summary>The measure can hold no more: a sum at the end of its range, or as many different values as any goal may ask for.</summary>
    Full,
}

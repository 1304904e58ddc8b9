using Laurel.Rules;

namespace Laurel.Tests.Rules;

/// <summary>An event of January 2026 in Seoul, and activities in it, for tests that look at one thing.</summary>
internal static class Cases
{
    public static readonly EventDraft Draft = new(
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(9)),
        new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.FromHours(9)),
        "Asia/Seoul",
        TimeOnly.MinValue,
        Repeats.Once,
        new Attendance(7),
        []);

    public static EventDefinition Event(Condition condition) => EventDefinition.Create(Draft with { Condition = condition });

    public static Activity Activity(string type, long? value = null, params (string Name, Scalar Value)[] attributes) => On(10, type, value, attributes);

    /// <summary>At noon of a day of that January.</summary>
    public static Activity On(int day, string type = "check_in", long? value = null, params (string Name, Scalar Value)[] attributes) => new(
        type,
        new DateTimeOffset(2026, 1, day, 12, 0, 0, TimeSpan.FromHours(9)),
        value,
        Attributes.Of(attributes.Select(attribute => KeyValuePair.Create(attribute.Name, attribute.Value))));
}

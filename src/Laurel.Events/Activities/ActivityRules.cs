using Laurel.Platform.Http;
using Laurel.Rules;

namespace Laurel.Events.Activities;

/// <summary>What an activity is. A body that breaks these holds no activities, and is refused as a whole.</summary>
internal static class ActivityRules
{
    public const int MaxActivities = 1_000;
    public const int MaxIdLength = 128;
    public const long MaxValue = (1L << 53) - 1;

    private const int MaxTypeLength = 64;
    private const int MaxAttributes = 20;
    private const int MaxNameLength = 64;
    private const int MaxTextLength = 256;
    private const int MaxFaults = 20;

    public static List<FieldError> Check(OneOrMany<ActivityReport> reports)
    {
        var faults = new List<FieldError>();
        if (reports.Items.Count is 0 or > MaxActivities)
            faults.Add(new FieldError("$", "out_of_range", $"A list holds 1 to {MaxActivities:N0} activities."));
        for (var index = 0; index < reports.Items.Count && faults.Count < MaxFaults; index++)
            Check(reports, index, faults);
        return faults;
    }

    public static bool IsUserId(string text) => IsId(text);

    private static void Check(OneOrMany<ActivityReport> reports, int index, List<FieldError> faults)
    {
        var report = reports.Items[index];
        if (!IsId(report.UserId))
            Fault("userId", "invalid_id", $"A user id has 1 to {MaxIdLength} characters, none of them a control character.");
        if (report.Id is not null && !IsId(report.Id))
            Fault("id", "invalid_id", $"An id has 1 to {MaxIdLength} characters, none of them a control character.");
        if (report.Id is not null && report.OccurredAt is null)
            Fault("occurredAt", "missing_field", "An activity with an id says when it occurred: a retry must say the same.");
        if (!Names.IsActivityType(report.Type))
            Fault("type", "invalid_name", $"A type has 1 to {MaxTypeLength} letters, digits and any of _ . : -");
        if (report.Value is < 0 or > MaxValue)
            Fault("value", "out_of_range", "A value is a whole number from 0 to 2^53-1.");
        if (report.Attributes is { Count: > 0 } attributes)
            CheckAttributes(attributes, Fault);

        void Fault(string field, string code, string message) => faults.Add(new FieldError(reports.PathOf(index, field), code, message));
    }

    private static void CheckAttributes(Attributes attributes, Action<string, string, string> fault)
    {
        if (attributes.Count > MaxAttributes)
            fault("attributes", "too_many", $"An activity has {MaxAttributes} attributes at most.");
        foreach (var (name, value) in attributes)
        {
            if (!Names.IsAttribute(name))
                fault("attributes", "invalid_name", $"An attribute's name has 1 to {MaxNameLength} characters, none of them a control character.");
            if (value.Text is { Length: > MaxTextLength })
                fault($"attributes.{name}", "too_long", $"An attribute's text has {MaxTextLength} characters at most.");
        }
    }

    private static bool IsId(string text) => text.Length is > 0 and <= MaxIdLength && !HasControl(text);

    private static bool HasControl(string text)
    {
        foreach (var letter in text)
        {
            if (char.IsControl(letter))
                return true;
        }

        return false;
    }
}

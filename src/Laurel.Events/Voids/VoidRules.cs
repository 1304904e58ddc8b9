using Laurel.Events.Activities;
using Laurel.Platform.Http;

namespace Laurel.Events.Voids;

/// <summary>What can be taken back. Pure.</summary>
internal static class VoidRules
{
    public const int MaxActivities = 1_000;
    public const int MaxReason = 500;

    private const int FirstYear = 2000;
    private const int MaxFaults = 20;

    public static List<FieldError> Check(VoidRequest request)
    {
        List<FieldError?> found = [TextRules.Name("reason", request.Reason, MaxReason), .. request.Activities is { } named ? Named(request, named) : Sent(request)];
        return [.. found.OfType<FieldError>().Take(MaxFaults)];
    }

    /// <summary>Only the database knows which time it is where activities arrive.</summary>
    public static FieldError NotPast { get; } = new FieldError("to", "out_of_range", "The period lies in the past.");

    private static IEnumerable<FieldError?> Named(VoidRequest request, IReadOnlyList<ActivityName> named)
    {
        if (request.Source is not null || request.From is not null || request.To is not null)
            yield return new FieldError("activities", "one_of", "Either the activities are named, or a service account and a period.");
        if (named.Count is 0 or > MaxActivities)
            yield return new FieldError("activities", "count", $"This has 1 to {MaxActivities:N0} entries.");
        foreach (var (at, activity) in named.Index())
        {
            yield return Id($"activities[{at}].userId", activity.UserId);
            yield return Id($"activities[{at}].id", activity.Id);
        }
    }

    private static IEnumerable<FieldError?> Sent(VoidRequest request)
    {
        if (request.Source is null && request.From is null && request.To is null)
        {
            yield return new FieldError("activities", "one_of", "Either the activities are named, or a service account and a period.");
            yield break;
        }

        yield return Given("source", request.Source);
        yield return Given("from", request.From);
        yield return Given("to", request.To);
        if (request.From?.Year < FirstYear)
            yield return new FieldError("from", "out_of_range", $"Nothing is stored from before the year {FirstYear}.");
        if (request.From >= request.To)
            yield return new FieldError("to", "end_before_start", "The end comes after the start.");
    }

    private static FieldError? Given<T>(string path, T? value) where T : struct =>
        value is null ? new FieldError(path, "missing_field", "A service account and a period go together.") : null;

    private static FieldError? Id(string path, string id) =>
        ActivityRules.IsUserId(id) ? null : new FieldError(path, "invalid_id", $"An id has 1 to {ActivityRules.MaxIdLength} characters, none of them a control character.");
}

using Laurel.Platform.Http;

namespace Laurel.Events.Backtests;

/// <summary>Which periods can be looked at. Pure.</summary>
internal static class BacktestRules
{
    private const int MaxDays = 366;
    private const int FirstYear = 2000;

    public static List<FieldError> Check(BacktestRequest request, DateTimeOffset now)
    {
        List<FieldError?> found =
        [
            Fine("from", request.From),
            Fine("to", request.To),
            request.From.UtcDateTime.Year < FirstYear ? new FieldError("from", "out_of_range", $"Nothing is stored from before the year {FirstYear}.") : null,
            request.To > now ? new FieldError("to", "out_of_range", "The period lies in the past.") : null,
            request.To <= request.From ? new FieldError("to", "end_before_start", "The end comes after the start.")
                : request.To - request.From > TimeSpan.FromDays(MaxDays) ? new FieldError("to", "period_too_long", $"The period has {MaxDays} days at most.")
                : null,
        ];
        return [.. found.OfType<FieldError>()];
    }

    private static FieldError? Fine(string path, DateTimeOffset time) => time.Ticks % TimeSpan.TicksPerMillisecond == 0
        ? null
        : new FieldError(path, "too_fine", "This is a whole number of milliseconds.");
}

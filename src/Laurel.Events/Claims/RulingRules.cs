using Laurel.Platform.Http;

namespace Laurel.Events.Claims;

/// <summary>What somebody who decides may say, and how it is told what became of it. Pure.</summary>
internal static class RulingRules
{
    private const int MaxReason = 500;

    /// <summary>Whoever takes something from a user says why.</summary>
    public static FieldError? Check(RulingKind kind, string? reason, string path) => (kind, reason) switch
    {
        (RulingKind.Approve, null) => null,
        (RulingKind.Approve, { } said) => TextRules.Prose(path, said, MaxReason),
        _ => Reason(path, reason),
    };

    /// <summary>A reason that has to be given.</summary>
    public static FieldError? Reason(string path, string? reason) => string.IsNullOrWhiteSpace(reason)
        ? new FieldError(path, "length", $"This has 1 to {MaxReason} characters.")
        : TextRules.Prose(path, reason, MaxReason);

    public static Error ErrorOf(RulingOutcome refused) => refused switch
    {
        RulingOutcome.NotFound => Errors.NotFound,
        RulingOutcome.OwnClaim => EventsErrors.OwnClaim,
        RulingOutcome.OwnGrant => EventsErrors.OwnGrant,
        RulingOutcome.AlreadyDecided => EventsErrors.AlreadyDecided,
        RulingOutcome.InsufficientPoints => EventsErrors.InsufficientPoints,
        RulingOutcome.BalanceFull => EventsErrors.BalanceFull,
        RulingOutcome.CouponsExpired => EventsErrors.CouponsExpired,
        RulingOutcome.Done => throw new InvalidOperationException("What was done was not refused."),
    };
}

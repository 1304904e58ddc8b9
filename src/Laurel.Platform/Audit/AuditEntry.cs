namespace Laurel.Platform.Audit;

/// <summary>One change, as it is to be remembered.</summary>
/// <param name="Actor">Who made it, and from where.</param>
/// <param name="Action">What was done: <c>reward.created</c>, <c>claim.approved</c>.</param>
/// <param name="SubjectKind">What it was done to: <c>reward</c>, <c>claim</c>.</param>
/// <param name="SubjectId">Which one.</param>
/// <param name="Before">What it was, as far as it matters; of two objects only what differs is kept.</param>
/// <param name="After">What it is.</param>
public sealed record AuditEntry(Actor Actor, string Action, string SubjectKind, string SubjectId, object? Before = null, object? After = null)
{
    /// <summary>
    /// Whose data <see cref="Before"/> and <see cref="After"/> tell: a name, an e-mail, a reason that somebody wrote about them. They are
    /// then kept beside the chain, and go when that user is erased. What is done to a claim or an account is always somebody's.
    /// </summary>
    public string? Person { get; init; }
}

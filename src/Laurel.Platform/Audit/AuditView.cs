using Laurel.Platform.Http;

namespace Laurel.Platform.Audit;

/// <summary>A change as auditors see it.</summary>
/// <param name="Id">What `laurel verify` calls it.</param>
/// <param name="Seq">Its number in the chain; absent until all older transactions have ended.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="ActorKind">Who made it: a person, a service account, or Laurel itself.</param>
/// <param name="Actor">Which one.</param>
/// <param name="ActorRole">The role that a person had.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="TraceId">Under which the logs tell the same request.</param>
/// <param name="Action">What was done.</param>
/// <param name="SubjectKind">To what.</param>
/// <param name="SubjectId">Which one.</param>
/// <param name="Before">What it was, as far as it changed.</param>
/// <param name="After">What it became.</param>
/// <param name="Erased">Whether a part of it went when somebody was erased.</param>
public sealed record AuditView(
    long Id,
    long? Seq,
    DateTimeOffset At,
    ActorKind ActorKind,
    string Actor,
    string? ActorRole,
    string? Address,
    string? TraceId,
    string Action,
    string SubjectKind,
    string SubjectId,
    FreeForm? Before,
    FreeForm? After,
    bool Erased);

/// <summary>How far a trail's chain reached at a time, signed: keep it elsewhere, and `laurel verify --checkpoint` tells later whether all of it is still there.</summary>
/// <param name="Checkpoint">To be kept.</param>
/// <param name="Seq">The number of the last row that it covers.</param>
/// <param name="At">When it was made.</param>
/// <param name="PublicKey">With which its signature can be checked: ECDSA on P-256 with SHA-256, over all of it before the last slash.</param>
public sealed record CheckpointView(string Checkpoint, long Seq, DateTimeOffset At, string PublicKey);

internal sealed record AuditFilter(string? Actor, string? Action, string? SubjectKind, string? SubjectId, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>The stored form of before and after.</summary>
internal sealed record StoredChange(FreeForm? Before = null, FreeForm? After = null);

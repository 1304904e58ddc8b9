using Laurel.Platform.Audit;

namespace Laurel.Events.Claims;

/// <summary>How decisions about claims are told in the audit trail.</summary>
internal static class ClaimAudit
{
    public static AuditEntry Decided(Ruling ruling, Claim before, Claim after) =>
        new(ruling.By, Name(ruling.Kind), "claim", after.Id.ToString(), new { before.Status }, new { after.Status, ruling.Reason }) { Person = after.Key.UserId };

    private static string Name(RulingKind kind) => kind switch
    {
        RulingKind.Approve => "claim.approved",
        RulingKind.Reject => "claim.rejected",
        RulingKind.Cancel => "claim.cancelled",
        RulingKind.Revoke => "claim.revoked",
        RulingKind.Refuse => "claim.refused",
    };
}

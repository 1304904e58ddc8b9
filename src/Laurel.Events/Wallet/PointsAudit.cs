using Laurel.Platform.Audit;

namespace Laurel.Events.Wallet;

/// <summary>How points that are given and taken are told in the audit trail.</summary>
internal static class PointsAudit
{
    public static AuditEntry Moved(PointsOrder order, Transfer made) =>
        new(order.By, Name(made.Kind), "transfer", made.Id.ToString(), After: new { made.UserId, made.Amount, made.ToUser, made.Reason }) { Person = made.UserId };

    private static string Name(TransferKind kind) => kind switch
    {
        TransferKind.Credit => "points.credited",
        TransferKind.Debit => "points.debited",
        TransferKind.Reversal => "points.reversed",
        TransferKind.Reward or TransferKind.Forfeit => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

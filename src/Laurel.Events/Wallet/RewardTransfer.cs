using Laurel.Events.Claims;

namespace Laurel.Events.Wallet;

internal static class RewardTransfer
{
    /// <summary>Pays the points of a claim; a claim is paid once, since its id is what the transfer is for.</summary>
    public static Transfer Of(Claim claim, DateTimeOffset now) => new(
        new TransferId(Guid.CreateVersion7(now)),
        claim.Key.UserId,
        ToUser: true,
        claim.Points,
        TransferKind.Reward,
        claim.Id.ToString(),
        Reason: claim.RewardName,
        now,
        By: "laurel");
}

using Laurel.Events.Claims;

namespace Laurel.Events.Wallet;

/// <summary>The points of a claim. Its id is what the transfer is for, so it is paid once, and taken back once.</summary>
internal static class RewardTransfer
{
    public static Transfer Of(Claim claim, DateTimeOffset now) => new(
        new TransferId(Guid.CreateVersion7(now)),
        claim.Key.UserId,
        ToUser: true,
        claim.Points,
        TransferKind.Reward,
        claim.Id.ToString(),
        claim.RewardName,
        now,
        By: "laurel");

    /// <summary>Why stands with the claim, where an erasure finds it: a transfer never changes.</summary>
    public static Transfer TakingBack(Claim claim, Ruling ruling, DateTimeOffset now) => Of(claim, now) with
    {
        ToUser = false,
        Kind = TransferKind.Reversal,
        By = ruling.By.Id,
    };
}

using System.ComponentModel;
using Laurel.Events.Catalog;
using Laurel.Platform.Access;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Laurel.Events.Coupons;

/// <summary>The pools that a reward takes codes from.</summary>
public sealed record CouponPools(IReadOnlyList<CouponPool> Pools);

internal static class CouponsApi
{
    public static void MapCoupons(this IEndpointRouteBuilder routes)
    {
        var coupons = routes.MapGroup("/v1/rewards/{id:guid}/coupons").WithGroupName("events").WithTags("rewards");
        coupons.MapGet("", Show)
            .Allow(Role.Operator, Role.Auditor)
            .WithSummary("How many codes are left in the pools that a reward takes them from");
        coupons.MapPost("", Upload)
            .Allow(Role.Operator)
            .WithSummary("Put codes into a reward's pool")
            .WithDescription(
                $"""
                One `code[,expiresAt]` a line, {CouponFile.MaxCodes:N0} at most, after RFC 4180; a first line `code,expiresAt` is a header. Each code is
                given to one user, those first that expire first. Codes that the pool has already are told by their lines and left as they
                are, so the same file may be sent again. Of a file in which anything else is wrong nothing is stored.
                """)
            .Answers(EventsErrors.NoCouponPool, EventsErrors.WhichPool);
    }

    private static async Task<Results<Ok<CouponPools>, Problem>> Show(
        Guid id, RewardStore rewards, CouponStore coupons, TimeProvider time, CancellationToken cancellation) =>
        await rewards.Find(new RewardId(id), cancellation) is { } reward
            ? TypedResults.Ok(new CouponPools(await coupons.Count(PoolsOf(reward), time.GetUtcNow(), cancellation)))
            : new Problem(Errors.NotFound);

    private static async Task<Results<Ok<CouponUpload>, Problem>> Upload(
        Guid id,
        CouponFile file,
        RewardStore rewards,
        CouponUploads uploads,
        Actor by,
        TimeProvider time,
        CancellationToken cancellation,
        [Description("Which of the reward's pools, where it names several.")] string? pool = null)
    {
        if (await rewards.Find(new RewardId(id), cancellation) is not { } reward)
            return new Problem(Errors.NotFound);
        var named = PoolsOf(reward).Where(one => pool is null || one == pool).ToList();
        if (named.Count != 1)
            return new Problem(named.Count == 0 ? EventsErrors.NoCouponPool : EventsErrors.WhichPool);
        if (file.Check(time.GetUtcNow()) is { Count: > 0 } broken)
            return Problem.Rules(broken);
        return TypedResults.Ok(await uploads.Add(reward.Id, named[0], file.Lines, by, cancellation));
    }

    private static List<string> PoolsOf(Reward reward) => [.. reward.Contents.OfType<Coupon>().Select(coupon => coupon.Pool).Distinct(StringComparer.Ordinal)];
}

using Laurel.Platform.Http;

namespace Laurel.Events.Catalog;

/// <summary>What a reward may be made of. Pure: request in, broken rules out.</summary>
internal static class RewardRules
{
    public const int MaxName = 200;
    public const int MaxId = 128;
    public const int MaxContents = 20;
    public const int MaxDataBytes = 4096;

    /// <summary>2^53 - 1: beyond it, clients that read JSON numbers as doubles see another number.</summary>
    public const long MaxNumber = 9_007_199_254_740_991;

    public static readonly FieldError BelowTaken = new FieldError("stock", "below_taken", "More than that have been claimed already.");

    public static List<FieldError> Check(RewardRequest reward)
    {
        List<FieldError?> found =
        [
            TextRules.Name("name", reward.Name, MaxName),
            reward.Stock is { } stock ? InRange("stock", stock, 0) : null,
            reward.Contents.Count is 0 or > MaxContents
                ? new FieldError("contents", "count", $"A reward has 1 to {MaxContents} contents.")
                : null,
            .. reward.Contents.Take(MaxContents).SelectMany((content, at) => Content($"contents[{at}]", content)),
        ];
        return [.. found.OfType<FieldError>()];
    }

    public static FieldError? InRange(string path, long number, long min, long max = MaxNumber) => number < min || number > max
        ? new FieldError(path, "out_of_range", $"This is {min} to {max}.")
        : null;

    private static IEnumerable<FieldError?> Content(string path, Content content) => content switch
    {
        Points points => [InRange($"{path}.amount", points.Amount, 1)],
        Item item =>
        [
            TextRules.Name($"{path}.itemId", item.ItemId, MaxId),
            TextRules.Name($"{path}.name", item.Name, MaxName),
            InRange($"{path}.quantity", item.Quantity, 1),
        ],
        Coupon coupon =>
        [
            TextRules.Name($"{path}.pool", coupon.Pool, MaxId),
            coupon.Code is null ? null : new FieldError($"{path}.code", "read_only", "A code is given with a claim; upload codes to the pool."),
            coupon.ExpiresAt is null ? null : new FieldError($"{path}.expiresAt", "read_only", "This is given with a claim; upload codes to the pool."),
        ],
        Badge badge => [TextRules.Name($"{path}.badgeId", badge.BadgeId, MaxId)],
        Custom { Data.SizeInBytes: > MaxDataBytes } =>
            [new FieldError($"{path}.data", "too_large", $"This has up to {MaxDataBytes} bytes.")],
        Custom => [],
        _ => throw new InvalidOperationException($"{content.GetType()} needs its rules here."),
    };
}

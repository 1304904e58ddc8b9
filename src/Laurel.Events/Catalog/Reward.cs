namespace Laurel.Events.Catalog;

/// <summary>What an operator says of a reward. Without `stock` there is no end of it.</summary>
public sealed record RewardRequest(string Name, IReadOnlyList<Content> Contents, long? Stock = null);

public sealed record Reward(
    RewardId Id,
    string Name,
    IReadOnlyList<Content> Contents,
    long? Stock,
    int Version,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset UpdatedAt)
{
    internal RewardRequest Request => new(Name, Contents, Stock);
}

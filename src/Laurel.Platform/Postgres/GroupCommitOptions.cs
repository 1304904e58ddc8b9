namespace Laurel.Platform.Postgres;

public sealed record GroupCommitOptions(string Name)
{
    /// <summary>How much may wait in each shard, by the weight of the items (one each unless they are weighed); more is refused.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>How much one transaction takes at most, by weight; a single item of more is taken alone.</summary>
    public int MaxBatch { get; init; } = 1_000;

    /// <summary>How many transactions run side by side, each for its own share of the items.</summary>
    public int Shards { get; init; } = 1;
}

namespace Laurel.Platform.Postgres;

public sealed record GroupCommitOptions(string Name)
{
    /// <summary>How many items may wait in each shard; the next one is refused.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>How many items one transaction takes at most.</summary>
    public int MaxBatch { get; init; } = 1_000;

    /// <summary>How many transactions run side by side, each for its own share of the items.</summary>
    public int Shards { get; init; } = 1;
}

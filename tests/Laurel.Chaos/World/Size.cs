using System.Globalization;
using Laurel.Tests.Support;

namespace Laurel.Chaos.World;

/// <summary>
/// How much is tried: what a build can wait for, or with LAUREL_CHAOS=full what one waits for before a release. LAUREL_CHAOS_SEED
/// repeats what a seed made of it: the load and the order of the blows, though not the moment at which each of them falls.
/// </summary>
internal sealed record Size
{
    public static readonly Size Ours = Environment.GetEnvironmentVariable("LAUREL_CHAOS") switch
    {
        null or "" or "ci" => new Size(),
        "full" => new Size
        {
            ServerKills = 100,
            PostgresKills = 30,
            Pauses = 4,
            Pause = TimeSpan.FromSeconds(65),
            CutsAfterCommit = 60,
            CutsOfAnswers = 60,
            CutsOfAll = 20,
            Races = 1_000,
            Transfers = 1_000_000,
            IdenticalUsers = 500,
            RollingRestarts = 50,
        },
        var other => throw new InvalidOperationException($"LAUREL_CHAOS is ci or full, not {other}."),
    };

    public static readonly int Seed = Environment.GetEnvironmentVariable("LAUREL_CHAOS_SEED") is { Length: > 0 } seed
        ? int.Parse(seed, CultureInfo.InvariantCulture)
        : Dice.Thrown().Seed;

    public int ServerKills { get; init; } = 5;
    public int PostgresKills { get; init; } = 2;

    /// <summary>How often a server is stopped, for longer than leases last.</summary>
    public int Pauses { get; init; } = 1;

    /// <summary>A transaction may idle for 3 seconds, a job is leased for 30, and a delivery, which only the full count waits for, for 60.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(33);

    public int CutsAfterCommit { get; init; } = 4;
    public int CutsOfAnswers { get; init; } = 4;
    public int CutsOfAll { get; init; } = 2;
    public int Races { get; init; } = 100;
    public int Transfers { get; init; } = 20_000;
    public int IdenticalUsers { get; init; } = 100;
    public int RollingRestarts { get; init; } = 5;
}

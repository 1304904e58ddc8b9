using Laurel.Bench.Http;

namespace Laurel.Bench;

/// <summary>
/// One kind of traffic. It is prepared before each round: signs in, creates what it needs, and gives every connection (by its
/// number) a writer of its own.
/// </summary>
internal sealed record Scenario(string Name, Func<Server, CancellationToken, Task<Func<int, RequestWriter>>> Prepare)
{
    /// <summary>Instead of as many as the command line says.</summary>
    public int? Connections { get; init; }

    /// <summary>
    /// Null: a closed loop, each connection sends its next request at once. Otherwise requests start at this rate whether or not
    /// earlier ones have been answered, and a latency counts from when its request was due: waiting in line is not hidden.
    /// </summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>Traffic that runs all the while; it gets a row of its own.</summary>
    public Scenario? Beside { get; init; }
}

/// <summary>Scenarios that are measured together, in interleaved rounds, and what they must reach.</summary>
internal sealed record Suite(string Name, IReadOnlyList<Scenario> Scenarios, IReadOnlyList<Goal> Goals);

using Laurel.Bench.Http;

namespace Laurel.Bench;

/// <summary>
/// One kind of traffic. It is prepared before each round: signs in, creates what it needs, and gives a client for each connection
/// (by its number).
/// </summary>
internal sealed record Scenario(string Name, Func<CancellationToken, Task<Func<int, IClient>>> Prepare)
{
    /// <summary>Instead of as many as the command line says.</summary>
    public int? Connections { get; init; }

    /// <summary>
    /// Null: a closed loop, each connection sends its next request at once. Otherwise requests start at this rate whether or not
    /// earlier ones have been answered, and a latency counts from when its request was due: waiting in line is not hidden.
    /// </summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>What the rate counts.</summary>
    public string Counted { get; init; } = "requests";

    /// <summary>How many of them one exchange brings.</summary>
    public int PerExchange { get; init; } = 1;

    /// <summary>Instead of as many as fit into a round: each of them is made, however long it takes.</summary>
    public int? Exchanges { get; init; }

    /// <summary>Asked after each round: what is wrong with what it left behind; null: nothing.</summary>
    public Func<CancellationToken, Task<string?>>? Check { get; init; }

    /// <summary>Traffic that runs all the while; it gets a row of its own.</summary>
    public Scenario? Beside { get; init; }

    public static Scenario Http(string name, Uri server, Func<CancellationToken, Task<Func<int, RequestWriter>>> prepare, byte[]? expected = null) =>
        new(name, async cancel =>
        {
            var writers = await prepare(cancel);
            return connection => new Connection(server, writers(connection), expected);
        });
}

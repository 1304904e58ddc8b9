using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos.World;

internal enum Blow
{
    KillServer,
    KillPostgres,

    /// <summary>A server is stopped for longer than its leases last, and then goes on as if nothing had happened.</summary>
    Pause,

    /// <summary>Transactions commit, and the server is not told.</summary>
    CutAfterCommit,

    /// <summary>Requests are served, and the client is not told.</summary>
    CutAnswers,

    /// <summary>All connections of a server break.</summary>
    CutAll,
}

/// <summary>Breaks everything, in an order that the dice decide; after each blow as much must be answered as before, or more.</summary>
internal sealed class Nemesis(Site site, Dice dice, Func<int> acknowledged)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What was done, in order.</summary>
    public List<string> Done { get; } = [];

    public async Task Rage(Size size)
    {
        List<Blow> blows =
        [
            .. Times(Blow.KillServer, size.ServerKills), .. Times(Blow.KillPostgres, size.PostgresKills), .. Times(Blow.Pause, size.Pauses),
            .. Times(Blow.CutAfterCommit, size.CutsAfterCommit), .. Times(Blow.CutAnswers, size.CutsOfAnswers), .. Times(Blow.CutAll, size.CutsOfAll),
        ];
        dice.Shuffle(blows);
        foreach (var blow in blows)
        {
            var server = dice.Pick(site.Servers);
            Done.Add($"{blow} {(blow == Blow.KillPostgres ? "" : server.Name)}".TrimEnd());
            await Strike(blow, server, size);
            await Acknowledge(dice.Between(50, 300));
        }
    }

    private async Task Strike(Blow blow, Server server, Size size)
    {
        switch (blow)
        {
            case Blow.KillServer:
                await server.Kill();
                await Acknowledge(20);
                await server.Start();
                break;
            case Blow.KillPostgres:
                await site.Postgres.KillAndStart();
                break;
            case Blow.Pause:
                server.Stop();
                await Past(size.Pause);
                server.Continue();
                break;
            case Blow.CutAfterCommit:
                server.CutAfterCommit(dice.Between(1, 5));
                break;
            case Blow.CutAnswers:
                server.CutAnswers(dice.Between(1, 20));
                break;
            default:
                server.CutAll();
                break;
        }
    }

    /// <summary>Until so many more wishes were granted: whatever is broken, work goes on.</summary>
    private Task Acknowledge(int more)
    {
        var goal = acknowledged() + more;
        return Eventually.True(() => Task.FromResult(acknowledged() >= goal), Patience);
    }

    /// <summary>By the database's clock, which leases go by.</summary>
    private async Task Past(TimeSpan time)
    {
        var until = await site.Events.QueryOne("SELECT clock_timestamp() + $1", row => row.Time(0), [time], CancellationToken.None);
        await Eventually.True(
            () => site.Events.QueryOne("SELECT clock_timestamp() > $1", row => row.GetBoolean(0), [until], CancellationToken.None), Patience);
    }

    private static IEnumerable<Blow> Times(Blow blow, int count) => Enumerable.Repeat(blow, count);
}

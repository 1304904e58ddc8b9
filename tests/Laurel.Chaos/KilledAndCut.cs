using Laurel.Chaos.Judging;
using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Tests.Support;

namespace Laurel.Chaos;

/// <summary>
/// Two servers and a PostgreSQL that are killed, stopped and cut off, under load from clients that ask again: nothing that was
/// acknowledged is lost, and nothing is done twice.
/// </summary>
public sealed class KilledAndCut(Site site)
{
    private const int Players = 24;
    private const int Operators = 2;

    [Fact]
    public async Task Everything_happens_exactly_once()
    {
        var said = TestContext.Current.TestOutputHelper!;
        said.WriteLine($"LAUREL_CHAOS_SEED={Size.Seed}");
        await site.Mend();
        var game = await Game.Define(site.Operator);
        await using var receiver = await Receiver.Start(new Dice(Size.Seed + 2_000));
        receiver.Secret = (await site.Operator.Post("/v1/webhooks", new { url = receiver.Url })).Is(201).Field("secret");
        var history = new History();
        using var client = new Client(site, history);
        var book = new Book(history);
        var nemesis = new Nemesis(site, new Dice(Size.Seed), () => history.Ok);
        using var enough = new CancellationTokenSource();
        var started = TimeProvider.System.GetTimestamp();

        List<Task> load =
        [
            .. Enumerable.Range(1, Players).Select(number => Live(number)),
            .. Enumerable.Range(1, Operators).Select(number => new OperatorAtWork(site, game, client, book, new Dice(Size.Seed + 1_000 + number)).Work(enough.Token)),
        ];
        try
        {
            await await Task.WhenAny(nemesis.Rage(Size.Ours), FirstFailure(load));
        }
        finally
        {
            await site.Mend();
            await enough.CancelAsync();
        }

        await Task.WhenAll(load);
        await Settle(book);
        var handing = new Handing(site, game, receiver);
        await handing.Finish(client);
        said.WriteLine($"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:F0} s under load: {string.Join(", ", nemesis.Done.CountBy(blow => blow.Split(' ')[0]).Select(one => $"{one.Key} {one.Value}"))}");
        said.WriteLine(string.Join('\n', history.ByKind()));
        said.WriteLine($"Promised: {book.Activities.Count:N0} activities, {book.Claims.Count:N0} claims, {book.Moves.Count:N0} transfers, {book.Rulings.Count:N0} decisions.");

        said.WriteLine($"The game took {receiver.Applied.Count:N0} messages, of {receiver.Told}.");

        var judge = new Judge(site, book, game);
        await judge.Look();
        List<string> faults = [.. history.Violations, .. judge.Faults, .. await handing.Faults()];
        if (faults.Count > 0)
        {
            said.WriteLine($"The order of the blows: {string.Join(", ", nemesis.Done)}");
            said.WriteLine(string.Join('\n', site.Servers.SelectMany(server => server.Complaints)));
            Assert.Fail($"seed {Size.Seed}, all requests in {await history.Save(Size.Seed)}\n{string.Join('\n', faults.Take(20))}");
        }

        said.WriteLine(await site.Verifies());

        async Task Live(int number)
        {
            var dice = new Dice(Size.Seed + number);
            while (!enough.IsCancellationRequested)
                await new Player(site, game, client, book, dice).Live();
        }
    }

    /// <summary>What dead clients have left is found out; whoever was told that there is none left asks once more.</summary>
    private static async Task Settle(Book book)
    {
        while (book.Unsettled.TryDequeue(out var step))
            await step();
        await Parallel.ForEachAsync(
            book.SoldOut.Where(one => !book.Claims.ContainsKey(one.Key)).ToList(), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (one, _) => await one.Value());
    }

    /// <summary>A client that fails ends the test; those that end do not.</summary>
    private static async Task FirstFailure(List<Task> load)
    {
        await foreach (var ended in Task.WhenEach(load))
            await ended;
    }
}

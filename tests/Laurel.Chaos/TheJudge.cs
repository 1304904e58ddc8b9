using Laurel.Chaos.Judging;
using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos;

/// <summary>A judge who never finds anything proves nothing: here something is wrong, and it is found.</summary>
public sealed class TheJudge(Site site)
{
    private static readonly (string Wrong, string Does, string Undoes)[] Tamperings =
    [
        ("an activity is lost", "UPDATE activities SET id = 'stolen' WHERE user_id = $1 AND id = 'a0'", "UPDATE activities SET id = 'a0' WHERE user_id = $1 AND id = 'stolen'"),
        ("an activity is of another kind", "UPDATE activities SET value = value + 100 WHERE user_id = $1 AND id = 'a0'", "UPDATE activities SET value = value - 100 WHERE user_id = $1 AND id = 'a0'"),
        ("a claim is lost", "UPDATE claims SET user_id = 'x' || user_id WHERE user_id = $1", "UPDATE claims SET user_id = $1 WHERE user_id = 'x' || $1"),
        ("a unit is taken that nobody holds", "UPDATE stocks SET taken = taken + 1 WHERE owner IN (SELECT reward_id FROM claims WHERE user_id = $1)", "UPDATE stocks SET taken = taken - 1 WHERE owner IN (SELECT reward_id FROM claims WHERE user_id = $1)"),
        ("points came from nowhere", "UPDATE balances SET balance = balance + 1 WHERE user_id = $1", "UPDATE balances SET balance = balance - 1 WHERE user_id = $1"),
        ("a claim paid other points than it says", "UPDATE claims SET points = points + 1 WHERE user_id = $1", "UPDATE claims SET points = points - 1 WHERE user_id = $1"),
    ];

    [Fact]
    public async Task Finds_what_is_wrong()
    {
        await site.Mend();
        var game = await Game.Define(site.Operator);
        var history = new History();
        using var client = new Client(site, history);
        var book = new Book(history);
        var dice = new Dice(Size.Seed);
        for (var player = 0; player < 5; player++)
            await new Player(site, game, client, book, dice).Live();
        Assert.Empty(history.Violations);
        Assert.Empty(await Faults());

        var user = book.Claims.Keys.First(key => key.Offer == game.Points).UserId;
        foreach (var (wrong, does, undoes) in Tamperings)
        {
            Assert.True(await site.Events.Execute(does, [user], CancellationToken.None) > 0, $"Nothing was done: {wrong}");
            Assert.True((await Faults()).Count > 0, $"The judge did not see that {wrong}.");
            await site.Events.Execute(undoes, [user], CancellationToken.None);
            Assert.Empty(await Faults());
        }

        async Task<IReadOnlyList<string>> Faults()
        {
            var judge = new Judge(site, book, game);
            await judge.Look();
            return judge.Faults;
        }
    }
}

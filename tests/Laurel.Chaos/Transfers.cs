using System.Collections.Concurrent;
using Laurel.Chaos.Judging;
using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos;

/// <summary>Points that come and go at random, from two servers, some of whose answers are lost.</summary>
public sealed class Transfers(Site site)
{
    private const int Clients = 32;
    private const int Wallets = 500;
    private const int CutEvery = 400;

    private static readonly Guid Service = Playing.NewPerson();

    private readonly string[] _users = [.. Enumerable.Range(0, Wallets).Select(_ => Playing.NewUser())];
    private readonly ConcurrentDictionary<string, Moved> _moved = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _reversed = new(StringComparer.Ordinal);
    private readonly History _history = new();

    [Fact]
    public async Task Sum_to_zero_leave_no_balance_negative_and_are_reversed_at_most_once()
    {
        var said = TestContext.Current.TestOutputHelper!;
        said.WriteLine($"LAUREL_CHAOS_SEED={Size.Seed}");
        await site.Mend();
        using var client = new Client(site, _history);
        var started = TimeProvider.System.GetTimestamp();
        var each = Size.Ours.Transfers / Clients;
        await Task.WhenAll(Enumerable.Range(1, Clients).Select(number => Trade(client, number, each, new Dice(Size.Seed + number))));
        var took = TimeProvider.System.GetElapsedTime(started);
        await site.Mend();
        said.WriteLine($"{each * Clients:N0} orders in {took.TotalSeconds:F0} s: {_moved.Count:N0} transfers, {_reversed.Count:N0} of them reversals; {_history.Unknown:N0} requests were sent again.");

        Assert.Empty(_history.Violations);
        Assert.DoesNotContain(_reversed, one => one.Value > 1);
        var expected = _moved.Values.GroupBy(move => move.UserId, StringComparer.Ordinal).ToDictionary(ofUser => ofUser.Key, ofUser => ofUser.Sum(move => move.Amount), StringComparer.Ordinal);
        var stored = (await site.Events.Query("SELECT user_id, balance FROM balances WHERE user_id = ANY ($1)", row => (row.GetString(0), row.GetInt64(1)), [_users], CancellationToken.None))
            .ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal);
        Assert.All(_users, user => Assert.Equal(expected.GetValueOrDefault(user), stored.GetValueOrDefault(user)));
        var transfers = await site.Events.Query("SELECT id::text FROM transfers WHERE user_id = ANY ($1)", row => row.GetString(0), [_users], CancellationToken.None);
        Assert.Equal(_moved.Values.Select(move => move.Transfer).Order(StringComparer.Ordinal), transfers.Order(StringComparer.Ordinal));
        Assert.Empty(await Laws.Broken(site.Events));
    }

    private async Task Trade(Client client, int number, int orders, Dice dice)
    {
        var known = new List<Moved>();
        for (var order = 0; order < orders; order++)
        {
            if (dice.Next(CutEvery) == 0)
                Cut(dice);
            var key = $"{number}-{order}";
            var user = dice.Pick(_users);
            var (amount, kind) = (dice.Between(1, 100), dice.Next(5));
            if (kind < 2)
                await Order(client, "credits", user, amount, key, known);
            else if (kind < 4 || known.Count == 0)
                await Order(client, "debits", user, -amount, key, known);
            else
                await Reverse(client, dice.Pick(known), key, atOnce: dice.Next(10) == 0);
        }
    }

    private void Cut(Dice dice)
    {
        var server = dice.Pick(site.Servers);
        if (dice.Next(2) == 0)
            server.CutAnswers(2);
        else
            server.CutAfterCommit(1);
    }

    private async Task Order(Client client, string path, string user, long effect, string key, List<Moved> known)
    {
        var answer = await client.Ask(Wish(path, $"/v1/points/{path}", new { userId = user, amount = Math.Abs(effect) }, key));
        if (answer.Status == 201)
            known.Add(Remember(key, user, effect, answer));
        else if (answer.Code != "insufficient_points")
            _history.Violated($"{path} {key} was answered {answer.Status}: {answer.Text}");
    }

    /// <summary>At once: under two keys, of which one has it.</summary>
    private async Task Reverse(Client client, Moved what, string key, bool atOnce)
    {
        string[] keys = atOnce ? [key, $"{key}-again"] : [key];
        await Task.WhenAll(keys.Select(async one =>
        {
            var answer = await client.Ask(Wish("reversal", $"/v1/points/transfers/{what.Transfer}/reversal", new { }, one));
            if (answer.Status == 201)
            {
                Remember(one, what.UserId, -what.Amount, answer);
                _reversed.AddOrUpdate(what.Transfer, 1, (_, times) => times + 1);
            }
            else if (answer.Code is not ("already_reversed" or "insufficient_points"))
            {
                _history.Violated($"The reversal {one} was answered {answer.Status}: {answer.Text}");
            }
        }));
    }

    private Moved Remember(string key, string user, long effect, Answer answer) => _moved.GetOrAdd(key, new Moved(user, effect, answer.Field("id")));

    private Wish Wish(string kind, string path, object body, string key) =>
        new(kind, key, HttpMethod.Post, path, () => site.Tokens.Service(Service, Scopes.PointsWrite)) { Body = body, Key = key };
}

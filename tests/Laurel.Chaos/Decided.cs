using Laurel.Chaos.Judging;
using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos;

/// <summary>Several who decide about the same claim at once, at two servers.</summary>
public sealed class Decided(Site site)
{
    private const int AtOnce = 8;

    private readonly Guid[] _operators = [.. Enumerable.Range(0, 3).Select(_ => Playing.NewPerson())];

    [Fact]
    public async Task Each_claim_is_decided_once_and_no_unit_of_stock_is_lost()
    {
        var races = Size.Ours.Races;
        await site.Mend();
        var history = new History();
        using var client = new Client(site, history);
        // Fewer than are wanted: what is given back is claimed by those who come later.
        var reward = (await site.Operator.Post("/v1/rewards", new { name = "Raced", contents = new[] { new { type = "points", amount = 10 } }, stock = races / 2 })).Is(201).Field("id");
        var crowd = await Crowd.Earned(site, client, races, new { rewardId = reward, requiresApproval = true });

        var raced = 0;
        await Parallel.ForEachAsync(crowd.Users, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (user, _) =>
        {
            if (await Race(client, crowd, user))
                Interlocked.Increment(ref raced);
        });

        Assert.Empty(history.Violations);
        Assert.InRange(raced, races / 2, races);
        Assert.Empty(await Laws.Broken(site.Events));
        Assert.Equal(0L, await site.Events.QueryOne(
            """
            SELECT taken - (SELECT count(*) FROM claims WHERE reward_id = $1 AND status IN ('pending', 'completed'))
            FROM stocks
            WHERE owner = $1
            """, row => row.GetInt64(0), [Guid.Parse(reward)], CancellationToken.None));
        TestContext.Current.TestOutputHelper!.WriteLine($"{raced:N0} races for {races / 2:N0} units.");
    }

    /// <returns>False for a user who came when there was none left.</returns>
    private async Task<bool> Race(Client client, Crowd crowd, Guid user)
    {
        var claimed = await client.Ask(crowd.Claim(user));
        if (claimed is { Status: 409, Code: "sold_out" })
            return false;
        var claim = claimed.Is(201).Json["claims"]![0]!["id"]!.GetValue<string>();

        var answers = await Task.WhenAll(
            Decide(client, claim, "approve", new { reason = "chaos" }, _operators[0]),
            Decide(client, claim, "reject", new { reason = "chaos" }, _operators[1]),
            Decide(client, claim, "reject", new { reason = "chaos", allowRetry = true }, _operators[2]));

        var winner = Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer != winner), answer => answer.Refused(409, "already_decided"));
        if (winner.Field("status") == "reopened")
            await ClaimAgain(client, crowd, user);
        return true;
    }

    /// <summary>Twice at once: one of them is a new claim, unless the unit has gone to somebody else.</summary>
    private static async Task ClaimAgain(Client client, Crowd crowd, Guid user)
    {
        var answers = await Task.WhenAll(client.Ask(crowd.Claim(user)), client.Ask(crowd.Claim(user)));
        Assert.InRange(answers.Count(answer => answer.Status == 201), 0, 1);
        Assert.All(answers, answer => Assert.True(answer.Status == 201 || answer.Code is "approval_pending" or "sold_out", answer.Text));
    }

    private Task<Answer> Decide(Client client, string claim, string verb, object body, Guid by) =>
        client.Ask(new Wish(verb, claim, HttpMethod.Post, $"/v1/claims/{claim}/{verb}", () => site.Tokens.Person(by, Role.Operator)) { Body = body });
}

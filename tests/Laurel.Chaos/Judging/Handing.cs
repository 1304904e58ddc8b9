using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Access;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;

namespace Laurel.Chaos.Judging;

/// <summary>What was handed over to the game, in the end.</summary>
internal sealed class Handing(Site site, Game game, Receiver receiver)
{
    private const string Granted = "reward.granted";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The game behaves; an operator has whatever would wait for hours sent again, until nothing is on its way any more.</summary>
    public async Task Finish(Client client)
    {
        receiver.BecomeGood();
        await Eventually.True(async () =>
        {
            foreach (var delivery in await Waiting())
                await client.Ask(new Wish("retry", delivery, HttpMethod.Post, $"/v1/deliveries/{delivery}/retry", () => site.Tokens.Person(site.OperatorId, Role.Operator)));
            return (await Waiting()).Count == 0 && await Processing() == 0;
        }, Patience);
    }

    public async Task<List<string>> Faults()
    {
        List<string> faults = [.. receiver.Violations];
        var applied = receiver.Applied;
        var completed = await site.Events.Query(
            "SELECT id::text FROM claims WHERE offer_id = $1 AND status = 'completed'", row => row.GetString(0), [Guid.Parse(game.Item)], CancellationToken.None);
        faults.AddRange(completed.Where(claim => !applied[(Granted, claim)].Any()).Select(claim => $"{claim} is completed, and the game never heard of it"));
        faults.AddRange(applied.Where(told => told.Count() > 1).Select(told => $"{told.Key} was told under {told.Count()} ids: {string.Join(", ", told)}"));
        var stored = await site.Events.Query(
            "SELECT id::text, claim_id::text FROM deliveries WHERE kind = 'granted'", row => (Id: row.GetString(0), Claim: row.GetString(1)), [], CancellationToken.None);
        faults.AddRange(applied.Where(told => told.Key.Type == Granted).SelectMany(told => told.Select(id => (id, told.Key.Claim))).Except(stored)
            .Select(told => $"{told} was told to the game, and is not stored"));
        return faults;
    }

    private Task<List<string>> Waiting() => site.Events.Query(
        "SELECT id::text FROM deliveries WHERE status IN ('pending', 'accepted', 'dead') AND (leased_until IS NULL OR leased_until < now()) LIMIT 200",
        row => row.GetString(0), [], CancellationToken.None);

    private Task<long> Processing() =>
        site.Events.QueryOne("SELECT count(*) FROM claims WHERE offer_id = $1 AND status = 'processing'", row => row.GetInt64(0), [Guid.Parse(game.Item)], CancellationToken.None);
}

using Laurel.Chaos.Load;
using Laurel.Chaos.World;
using Laurel.Platform.Postgres;
using Laurel.Tests.Support;
using Npgsql;

namespace Laurel.Chaos.Judging;

/// <summary>Holds what is stored against what clients were promised. Every list that it makes has to be empty.</summary>
internal sealed class Judge(Site site, Book book, Game game)
{
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Faults => _faults;

    public async Task Look()
    {
        await Activities();
        await Claims();
        await Rulings();
        await Stock();
        await Points();
        _faults.AddRange(await Laws.Broken(site.Events));
        // An event that was just made counts earlier users too, in the background.
        await Eventually.True(async () => (await Rows("SELECT id FROM jobs WHERE status IN ('queued', 'running')", row => row.GetGuid(0), [])).Count == 0);
        _faults.AddRange((await ProgressAudit.Differences(site.Events, CancellationToken.None)).Select(difference => $"progress: {difference}"));
    }

    /// <summary>Each that was acknowledged is there; none is there that nobody sent; none was new twice.</summary>
    private async Task Activities()
    {
        var users = book.Activities.Keys.Select(key => key.UserId).Distinct().ToArray();
        var stored = (await Rows("SELECT user_id, id FROM activities WHERE user_id = ANY ($1)", row => (row.GetString(0), row.GetString(1)), [users])).ToList();
        Fault("activities stored twice", stored.CountBy(one => one).Where(one => one.Value > 1).Select(one => $"{one.Key}"));
        Fault("activities that were acknowledged and are lost", book.Activities.Keys.Except(stored).Select(key => $"{key}"));
        Fault("activities that were never acknowledged", stored.Except(book.Activities.Keys).Select(key => $"{key}"));
        Fault("activities that were new twice", book.Activities.Where(one => one.Value > 1).Select(one => $"{one.Key} {one.Value} times"));
    }

    private async Task Claims()
    {
        var stored = await Rows(
            "SELECT user_id, offer_id::text, id::text FROM claims WHERE event_id = $1",
            row => (Key: (row.GetString(0), row.GetString(1)), Id: row.GetString(2)), [Guid.Parse(game.Event)]);
        Fault("granted twice", stored.CountBy(claim => claim.Key).Where(one => one.Value > 1).Select(one => $"{one.Key}"));
        Fault("claims that were acknowledged and are lost", book.Claims.Select(one => (one.Key, Id: one.Value)).Except(stored).Select(one => $"{one}"));
        Fault("claims that nobody was told of", stored.Except(book.Claims.Select(one => (one.Key, Id: one.Value))).Select(one => $"{one}"));
    }

    private async Task Rulings()
    {
        var status = (await Rows("SELECT id::text, status FROM claims WHERE event_id = $1", row => (row.GetString(0), row.GetString(1)), [Guid.Parse(game.Event)]))
            .ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal);
        Fault("decisions that did not hold", book.Rulings.Keys
            .Where(key => (key.Verb, status.GetValueOrDefault(key.Claim)) is not (("approve", "completed" or "revoked") or ("reject", "rejected") or ("revoke", "revoked") or ("cancel", "failed")))
            .Select(key => $"{key} is {status.GetValueOrDefault(key.Claim)}"));
    }

    /// <summary>Whoever was told that there is none left was told the truth: in the end there is none, or everybody has one.</summary>
    private async Task Stock()
    {
        var free = await site.Events.QueryOne(
            "SELECT total - taken FROM stocks WHERE owner = (SELECT reward_id FROM offers WHERE id = $1)", row => row.GetInt64(0), [Guid.Parse(game.Few)], CancellationToken.None);
        var without = book.SoldOut.Keys.Count(key => !book.Claims.ContainsKey(key));
        if (free > 0 && without > 0)
            _faults.Add($"stock: {free} are free, and {without} were told that there are none");
    }

    /// <summary>Each balance is what the user's acknowledged credits, debits and reversals come to, and the points of their claims.</summary>
    private async Task Points()
    {
        var users = book.Activities.Keys.Select(key => key.UserId).Distinct().ToArray();
        var paid = await Rows(
            "SELECT user_id, sum(points)::bigint FROM claims WHERE user_id = ANY ($1) AND status IN ('processing', 'completed') GROUP BY user_id",
            row => (User: row.GetString(0), Points: row.GetInt64(1)), [users]);
        var expected = book.Moves.Values.Select(move => (move.UserId, move.Amount)).Concat(paid)
            .GroupBy(one => one.Item1, StringComparer.Ordinal).ToDictionary(ofUser => ofUser.Key, ofUser => ofUser.Sum(one => one.Item2), StringComparer.Ordinal);
        var stored = (await Rows("SELECT user_id, balance FROM balances WHERE user_id = ANY ($1)", row => (row.GetString(0), row.GetInt64(1)), [users]))
            .ToDictionary(row => row.Item1, row => row.Item2, StringComparer.Ordinal);
        Fault("balances that are not what was acknowledged", users
            .Where(user => expected.GetValueOrDefault(user) != stored.GetValueOrDefault(user))
            .Select(user => $"{user} has {stored.GetValueOrDefault(user)} instead of {expected.GetValueOrDefault(user)}"));

        var transfers = await Rows(
            "SELECT id::text FROM transfers WHERE user_id = ANY ($1) AND kind <> 'reward' AND NOT (kind = 'reversal' AND ref IN (SELECT id::text FROM claims WHERE user_id = ANY ($1)))",
            row => row.GetString(0), [users]);
        var told = book.Moves.Values.Select(move => move.Transfer).ToList();
        Fault("transfers that were acknowledged and are lost", told.Except(transfers, StringComparer.Ordinal));
        Fault("transfers that nobody was told of", transfers.Except(told, StringComparer.Ordinal));
    }

    private Task<List<T>> Rows<T>(string sql, Func<NpgsqlDataReader, T> row, object?[] values) => site.Events.Query(sql, row, values, CancellationToken.None);

    private void Fault(string what, IEnumerable<string> which)
    {
        var all = which.ToList();
        if (all.Count > 0)
            _faults.Add($"{all.Count} {what}: {string.Join("; ", all.Take(5))}");
    }
}

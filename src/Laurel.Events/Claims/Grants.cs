using Laurel.Events.Catalog;
using Laurel.Platform.Audit;
using Npgsql;

namespace Laurel.Events.Claims;

/// <summary>What a batch of claims has to do with those that operators grant by hand. Of a batch without any it asks nothing.</summary>
internal static class Grants
{
    /// <summary>Behind the fence: a reward stays what it is until the batch has ended.</summary>
    public static async Task Judge(NpgsqlConnection connection, List<ClaimAttempt> attempts, ClaimsOptions options, DateTimeOffset now)
    {
        var granting = attempts.FindAll(attempt => attempt.Grant is not null);
        if (granting.Count == 0)
            return;
        var ids = granting.Select(attempt => attempt.Grant!.Reward.Value).Distinct().ToArray();
        var rewards = new Dictionary<RewardId, Reward>();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"SELECT {RewardStore.Columns} FROM rewards WHERE id = ANY ($1)")
                {
                    Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = ids } },
                },
            },
        };
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                var reward = RewardStore.Read(reader);
                rewards.Add(reward.Id, reward);
            }
        }

        granting.ForEach(attempt => attempt.Judge(rewards.GetValueOrDefault(attempt.Grant!.Reward), options, now));
    }

    /// <summary>What an operator has granted is a change by a person; what users claim is not.</summary>
    public static async Task Tell(NpgsqlConnection connection, List<ClaimAttempt> attempts)
    {
        var entries = attempts
            .Where(attempt => attempt.Wish.Grant is not null)
            .SelectMany(attempt => attempt.Candidates.Where(candidate => candidate.IsGranted), (attempt, candidate) => Entry(attempt.Wish.Grant!, candidate.Claim))
            .ToList();
        if (entries.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { AuditTrail.Insert(entries) } };
        await batch.ExecuteNonQueryAsync();
    }

    private static AuditEntry Entry(Grant grant, Claim claim) =>
        new(grant.By, "claim.granted", "claim", claim.Id.ToString(), Before: null, new { claim.Key.UserId, claim.RewardId, claim.RewardName, claim.Status, grant.Reason })
        {
            Person = claim.Key.UserId,
        };
}

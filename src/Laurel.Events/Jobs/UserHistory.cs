using Laurel.Events.Activities;
using Laurel.Rules;
using Npgsql;

namespace Laurel.Events.Jobs;

/// <summary>Which of the stored activities are asked for: in these generations, of these types, that occurred in this period.</summary>
internal sealed record HistoryWish((int First, int Last) Generations, DateTimeOffset From, DateTimeOffset To, string[] Types);

/// <summary>
/// Reads what users in a range have done, as far as it counts, page by page: no statement reads more than a page, however much one
/// user has done or however little of it is asked for.
/// </summary>
internal static class UserHistory
{
    public const int RowsAtOnce = 20_000;

    /// <summary>A page is cut before what does not count is left out; where it is a full one, its last key stands at its end.</summary>
    internal const string Statement =
        """
        WITH page AS MATERIALIZED (
            SELECT user_id, id, generation, type, occurred_at, value, attributes, void_id
            FROM activities
            WHERE (user_id, id, generation) > ($1, $2, $3) AND user_id <= $4 AND generation BETWEEN $5 AND $6
            ORDER BY user_id, id, generation
            LIMIT $7
        )
        SELECT user_id, NULL AS id, NULL AS generation, type, occurred_at, value, attributes
        FROM page
        WHERE type = ANY ($8) AND occurred_at >= $9 AND occurred_at < $10 AND void_id IS NULL
        UNION ALL
        (SELECT user_id, id, generation, NULL, NULL, NULL, NULL
         FROM page
         ORDER BY user_id, id, generation
         OFFSET $7 - 1)
        """;

    /// <summary>
    /// Passes each activity on; those of one user in the order of their ids. Returns what that weighed: how many there were, and the
    /// pages that were looked through for them.
    /// </summary>
    public static async Task<int> Read(
        NpgsqlTransaction transaction, string first, string last, HistoryWish wish, Action<string, Activity> each, CancellationToken cancellation)
    {
        // No id is empty, so this comes before all of the first user's.
        var next = ((string User, string Id, int Generation)?)(first, "", 0);
        for (var weight = 0; ;)
        {
            var (user, id, generation) = next.Value;
            await using var command = new NpgsqlCommand(Statement, transaction.Connection, transaction);
            foreach (var value in new object[]
            {
                user, id, generation, last, wish.Generations.First, wish.Generations.Last, RowsAtOnce, wish.Types, wish.From.UtcDateTime, wish.To.UtcDateTime,
            })
                command.Parameters.Add(new NpgsqlParameter { Value = value });

            next = null;
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                if (!reader.IsDBNull(1))
                {
                    next = (reader.GetString(0), reader.GetString(1), reader.GetInt32(2));
                    weight += RowsAtOnce;
                    continue;
                }

                each(reader.GetString(0), ActivityLog.Read(reader, 3));
                weight++;
            }

            if (next is null)
                return weight;
        }
    }
}

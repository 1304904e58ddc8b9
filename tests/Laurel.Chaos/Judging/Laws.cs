using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Chaos.Judging;

/// <summary>What holds of a database whatever was done to it. Each query finds those that break a law.</summary>
internal static class Laws
{
    private static readonly (string Law, string Query)[] All =
    [
        ("one claim for each user, offer and window",
            "SELECT user_id FROM claims WHERE status <> 'reopened' AND offer_id IS NOT NULL GROUP BY user_id, event_id, offer_id, window_key HAVING count(*) > 1"),
        ("as many units are taken as claims hold",
            """
            SELECT stocks.owner::text || ' has ' || taken || ' taken, and ' || held.count || ' are held'
            FROM stocks
            CROSS JOIN LATERAL (
                SELECT count(*) FROM claims WHERE (claims.reward_id = stocks.owner AND claims.holds & 1 > 0) OR (claims.offer_id = stocks.owner AND claims.holds & 2 > 0)
            ) AS held
            WHERE taken <> held.count OR taken > total
            """),
        ("only what is granted or waits holds a unit",
            "SELECT id::text FROM claims WHERE holds <> 0 AND status IN ('rejected', 'reopened', 'failed', 'revoked')"),
        ("a balance is what its transfers come to, and never negative",
            """
            SELECT COALESCE(balances.user_id, moved.user_id)
            FROM balances
            FULL JOIN (SELECT user_id, sum(CASE WHEN credit = 'user' THEN amount ELSE -amount END) AS balance FROM transfers GROUP BY user_id) AS moved
                ON moved.user_id = balances.user_id
            WHERE COALESCE(balances.balance, 0) <> COALESCE(moved.balance, 0) OR balances.balance < 0
            """),
        ("the points of a claim are paid once when it is granted, and taken back once when it comes to nothing",
            """
            SELECT claims.id::text
            FROM claims
            LEFT JOIN LATERAL (
                SELECT count(*) FILTER (WHERE kind = 'reward') AS paid, count(*) FILTER (WHERE kind = 'reversal') AS taken_back
                FROM transfers
                WHERE transfers.user_id = claims.user_id AND transfers.ref = claims.id::text AND transfers.amount = claims.points
            ) AS moved ON true
            WHERE claims.points > 0
                AND (moved.paid, moved.taken_back) <> CASE
                    WHEN status IN ('processing', 'completed') THEN (1::bigint, 0::bigint)
                    WHEN status IN ('failed', 'revoked') THEN (1::bigint, 1::bigint)
                    ELSE (0::bigint, 0::bigint)
                END
            """),
        ("a transfer is reversed at most once",
            "SELECT ref FROM transfers WHERE kind = 'reversal' GROUP BY ref HAVING count(*) > 1"),
        ("a reversal is of a transfer or a claim that there is",
            """
            SELECT id::text
            FROM transfers
            WHERE kind = 'reversal'
                AND NOT EXISTS (SELECT FROM transfers AS reversed WHERE reversed.id::text = transfers.ref AND reversed.user_id = transfers.user_id AND reversed.amount = transfers.amount)
                AND NOT EXISTS (SELECT FROM claims WHERE claims.id::text = transfers.ref AND claims.user_id = transfers.user_id)
            """),
    ];

    /// <summary>A line for each law that is broken.</summary>
    public static async Task<List<string>> Broken(NpgsqlDataSource events)
    {
        var broken = new List<string>();
        foreach (var (law, query) in All)
        {
            var found = await events.Query(query, row => row.GetString(0), [], CancellationToken.None);
            if (found.Count > 0)
                broken.Add($"{found.Count} break the law that {law}: {string.Join("; ", found.Take(5))}");
        }

        return broken;
    }
}

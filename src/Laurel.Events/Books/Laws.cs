namespace Laurel.Events.Books;

/// <summary>What claims, stock, wallets and deliveries owe to each other. Written from their words alone, not from the code that keeps them.</summary>
internal static class Laws
{
    public static readonly IReadOnlyList<Law> All =
    [
        new("Each offer was claimed once by a user in a window",
            """
            SELECT format('user %L has %s claims of offer %s of event %s, window %s', user_id, count(*), offer_id, event_id, window_key)
            FROM claims
            WHERE status <> 'reopened' AND offer_id IS NOT NULL
            GROUP BY user_id, event_id, offer_id, window_key
            HAVING count(*) > 1
            """),
        new("Of each stock, as many units are taken as claims hold, and no more than there are",
            """
            WITH held AS (
                SELECT owner, count(*) AS units
                FROM (
                    SELECT reward_id AS owner FROM claims WHERE holds & 1 <> 0
                    UNION ALL
                    SELECT offer_id FROM claims WHERE holds & 2 <> 0
                ) AS holding
                GROUP BY owner
            )
            SELECT format('stock %s: %s of %s are taken, and claims hold %s',
                owner, coalesce(stocks.taken, 0), coalesce(stocks.total::text, 'any number'), coalesce(held.units, 0))
            FROM stocks
            FULL JOIN held USING (owner)
            WHERE stocks.taken IS DISTINCT FROM coalesce(held.units, 0) OR stocks.taken > stocks.total
            """),
        new("Each lot of codes has those of claims and, behind what is taken, the free ones, without a gap",
            """
            SELECT format('lot %s of pool %L: of %s codes claims have %s, and %s are free of %s', lot, coupon_lots.pool, count(code), count(claim_id),
                count(code) FILTER (WHERE claim_id IS NULL AND number > taken AND number <= last), last - taken)
            FROM coupon_lots
            LEFT JOIN coupons USING (lot)
            GROUP BY lot
            HAVING size <> count(code) OR size - (last - taken) <> count(claim_id)
                OR last - taken <> count(code) FILTER (WHERE claim_id IS NULL AND number > taken AND number <= last)
            """),
        new("Each claim has a code for each coupon that it promised, unless it was rejected; and nobody else has one",
            """
            WITH promised AS (
                SELECT id, status, CASE WHEN status IN ('rejected', 'reopened') THEN 0 ELSE count(*) END AS coupons
                FROM claims
                CROSS JOIN LATERAL jsonb_array_elements(contents) AS part
                WHERE contents @> '[{"type": "coupon"}]' AND part ->> 'type' = 'coupon'
                GROUP BY user_id, id, status
            ), given AS (
                SELECT claim_id AS id, count(*) AS codes FROM coupons WHERE claim_id IS NOT NULL GROUP BY claim_id
            )
            SELECT format('claim %s is %s and promised %s codes: it has %s', id, coalesce(status, 'not there'), coalesce(coupons, 0), coalesce(codes, 0))
            FROM promised
            FULL JOIN given USING (id)
            WHERE coalesce(coupons, 0) <> coalesce(codes, 0)
            """),
        new("A claim that came to nothing, or was taken back, holds no stock",
            """
            SELECT format('claim %s is %s, and holds stock', id, status)
            FROM claims
            WHERE holds <> 0 AND status NOT IN ('pending', 'processing', 'completed')
            """),
        new("The points of each claim that was granted were paid once, to its user; of no other claim",
            """
            SELECT format('claim %s of user %L is %s and gives %s points: %s were paid', claims.id, claims.user_id, status, points,
                coalesce(transfers.amount::text, 'none'))
            FROM claims
            LEFT JOIN transfers ON transfers.user_id = claims.user_id AND transfers.kind = 'reward' AND transfers.ref = claims.id::text
            WHERE (CASE WHEN status IN ('processing', 'completed', 'failed', 'revoked') AND points > 0 THEN points END) IS DISTINCT FROM transfers.amount
            UNION ALL
            SELECT format('transfer %s pays user %L for claim %s, which that user does not have', transfers.id, transfers.user_id, ref)
            FROM transfers
            LEFT JOIN claims ON claims.user_id = transfers.user_id AND claims.id::text = transfers.ref
            WHERE kind = 'reward' AND (claims.id IS NULL OR credit <> 'user')
            """),
        new("The points of each claim that failed or was revoked were taken back once, or by an erasure; of no other claim",
            """
            SELECT format('claim %s of user %L is %s and gave %s points: %s were taken back', claims.id, claims.user_id, status, points,
                coalesce(transfers.amount::text, 'none'))
            FROM claims
            LEFT JOIN transfers ON transfers.user_id = claims.user_id AND transfers.kind = 'reversal' AND transfers.ref = claims.id::text
            WHERE (CASE WHEN status IN ('failed', 'revoked') AND points > 0 THEN points END) IS DISTINCT FROM transfers.amount
              AND NOT (transfers.amount IS NULL AND EXISTS (
                SELECT
                FROM erasures
                JOIN jobs ON jobs.id = erasures.job_id AND jobs.status = 'done'
                JOIN transfers AS paid ON paid.user_id = erasures.user_id AND paid.kind = 'reward' AND paid.ref = claims.id::text
                WHERE erasures.user_id = claims.user_id AND jobs.finished_at >= paid.created_at))
            """),
        new("What the game has to hand over is one delivery, which has come as far as its claim; of no other claim",
            """
            WITH owed AS (
                SELECT user_id, id AS claim_id, status, CASE
                    WHEN NOT jsonb_path_exists(contents, '$[*] ? (@.type != "points")') THEN '{}'
                    WHEN status = 'processing' THEN '{pending,accepted,dead}'
                    WHEN status IN ('completed', 'revoked') THEN '{delivered}'
                    WHEN status = 'failed' THEN '{failed,cancelled}'
                    ELSE '{}'
                END::text[] AS allowed
                FROM claims
            )
            SELECT format('claim %s of user %L is %s, its delivery %s', claim_id, user_id, coalesce(owed.status, 'not there'),
                coalesce(deliveries.status, 'not there'))
            FROM owed
            FULL JOIN (SELECT * FROM deliveries WHERE kind = 'granted' AND queue = '00000000-0000-0000-0000-000000000000') AS deliveries
                USING (user_id, claim_id)
            WHERE CASE WHEN deliveries.id IS NULL THEN allowed <> '{}' ELSE deliveries.status = ANY (allowed) IS NOT TRUE END
            """),
        new("What was reversed is reversed whole, in the other direction",
            """
            SELECT format('transfer %s undoes %s of user %L, and does not match it', back.id, back.ref, back.user_id)
            FROM transfers AS back
            LEFT JOIN transfers AS moved ON moved.user_id = back.user_id AND moved.id::text = back.ref AND moved.kind IN ('credit', 'debit')
            LEFT JOIN transfers AS paid ON paid.user_id = back.user_id AND paid.ref = back.ref AND paid.kind = 'reward'
            WHERE back.kind = 'reversal'
              AND (COALESCE(moved.amount, paid.amount), COALESCE(moved.credit, paid.credit)) IS DISTINCT FROM (back.amount, back.debit)
            """),
        new("What was forfeited was a user's, and by an erasure of that user",
            """
            SELECT format('transfer %s forfeits %s points of user %L, whom no erasure %s was asked for', transfers.id, amount, transfers.user_id, ref)
            FROM transfers
            LEFT JOIN erasures ON erasures.user_id = transfers.user_id AND erasures.job_id::text = transfers.ref
            WHERE kind = 'forfeit' AND (erasures.id IS NULL OR debit <> 'user')
            """),
        new("Each transfer takes from one what it gives to another, so that all come to zero",
            """
            SELECT format('transfer %s moves %s from %s to %s', id, amount, debit, credit)
            FROM transfers
            WHERE amount <= 0 OR (debit, credit) NOT IN (('issuer', 'user'), ('user', 'issuer'))
            """),
        new("Each balance is what the user's transfers come to, and never below zero",
            """
            WITH moved AS (
                SELECT user_id, sum(CASE credit WHEN 'user' THEN amount ELSE -amount END) AS balance
                FROM transfers
                GROUP BY user_id
            )
            SELECT format('user %L has %s points, and transfers of %s', user_id, coalesce(balances.balance, 0), coalesce(moved.balance, 0))
            FROM balances
            FULL JOIN moved USING (user_id)
            WHERE coalesce(balances.balance, 0) <> coalesce(moved.balance, 0) OR balances.balance < 0
            """),
    ];
}

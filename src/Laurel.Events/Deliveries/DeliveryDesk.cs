using System.Security.Cryptography;
using Laurel.Events.Claims;
using Laurel.Platform.Audit;
using Laurel.Platform.Postgres;

namespace Laurel.Events.Deliveries;

internal enum WordOutcome
{
    NotFound,
    SignedByOther,
    OwnClaim,
    Decided,
    LeasedByOther,
    InsufficientPoints,
    Done,
}

/// <summary>Makes true what the game, or an operator in its place, says of a delivery.</summary>
internal sealed class DeliveryDesk(EventsDatabase database, Attempts attempts, ClaimDesk claims, Signing signing, DeliveryBell bell, TimeProvider time)
{
    /// <summary>What somebody else did meanwhile is looked at again, and judged again.</summary>
    private const int MaxLooks = 5;

    public async Task<(WordOutcome Outcome, StoredDelivery? Delivery)> Hear(DeliveryId id, GameWord word, CancellationToken cancellation)
    {
        for (var look = 1; ; look++)
        {
            if (await Find(id, cancellation) is not { } delivery)
                return (WordOutcome.NotFound, null);
            var verdict = WordRules.Judge(delivery, word, signing.CallbackLease(id));
            if (verdict.Refused is { } refused)
                return (refused, delivery);
            if (verdict.IsKnown)
                return (WordOutcome.Done, delivery);

            var outcome = verdict.RefusesClaim
                ? await Refuse(delivery, word, verdict, cancellation)
                : await attempts.End(WordRules.End(delivery, word, verdict, time.GetUtcNow(), Dice()), cancellation) ? WordOutcome.Done : WordOutcome.LeasedByOther;
            if (outcome is not WordOutcome.LeasedByOther || look == MaxLooks)
                return (outcome, outcome == WordOutcome.Done ? await Find(id, cancellation) : delivery);
        }
    }

    /// <summary>Has it attempted anew, now and as often as at first. What is under way goes on.</summary>
    public async Task<(WordOutcome Outcome, StoredDelivery? Delivery)> Retry(DeliveryId id, Actor actor, CancellationToken cancellation)
    {
        if (await Find(id, cancellation) is not { } delivery)
            return (WordOutcome.NotFound, null);
        var retried = await database.Any.InTransaction(
            async transaction =>
            {
                var changed = await transaction.Execute(
                    """
                    UPDATE deliveries
                    SET status = 'pending', failures = 0, due_at = $3
                    WHERE user_id = $1 AND id = $2 AND status IN ('pending', 'accepted', 'dead')
                    """,
                    [delivery.UserId, id.Value, time.GetUtcNow()], cancellation) == 1;
                if (changed)
                    await AuditTrail.Add(transaction, WordRules.Audited(delivery, new GameWord(WordKind.Fail, null, actor.Id) { Actor = actor }, "delivery.retried")!, cancellation);
                return changed;
            },
            cancellation);
        bell.Ring();
        return (retried ? WordOutcome.Done : WordOutcome.Decided, await Find(id, cancellation));
    }

    public Task<StoredDelivery?> Find(DeliveryId id, CancellationToken cancellation) =>
        database.Any.QueryOne($"{StoredDelivery.Select} WHERE deliveries.id = $1", StoredDelivery.Read, [id.Value], cancellation);

    private async Task<WordOutcome> Refuse(StoredDelivery delivery, GameWord word, WordVerdict verdict, CancellationToken cancellation)
    {
        try
        {
            var attempt = new DeliveryAttempt(time.GetUtcNow(), AttemptOutcome.Refused, Error: word.Reason, By: word.By);
            var (outcome, _) = await claims.Decide(
                new Ruling(delivery.Claim, RulingKind.Refuse, word.Actor ?? new Actor(ActorKind.Service, word.By), word.Reason)
                {
                    Refusal = new Refusal(delivery.Id, verdict.Lease, attempt),
                },
                cancellation);
            return outcome switch
            {
                RulingOutcome.Done => WordOutcome.Done,
                RulingOutcome.InsufficientPoints => WordOutcome.InsufficientPoints,
                _ => WordOutcome.LeasedByOther,
            };
        }
        catch (NotYoursException)
        {
            return WordOutcome.LeasedByOther;
        }
    }

    private static double Dice() => RandomNumberGenerator.GetInt32(1_001) / 1_000.0;
}

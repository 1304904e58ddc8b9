using System.Text.Json;
using Laurel.Events.Claims;
using Laurel.Platform.Audit;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Events.Wallet;

/// <summary>Who has points moved, why, and how the request is known when it is sent again.</summary>
internal sealed record PointsOrder(Actor By, string? Reason, IdempotencyKey Key);

internal enum PointsOutcome
{
    KeyReused,
    NotFound,
    NotReversible,
    AlreadyReversed,
    InsufficientPoints,
    BalanceFull,
    Done,
}

/// <summary>What became of an order; where it was done, now or when it was sent first, the answer.</summary>
internal sealed record PointsDecision(PointsOutcome Outcome, string? Answer = null)
{
    public static implicit operator PointsDecision(PointsOutcome refused) => new(refused);
}

/// <summary>Points that services give and take, and what undoes that; each order in one transaction with its answer.</summary>
internal sealed class PointsDesk(EventsDatabase database, TimeProvider time)
{
    private const int MaxAttempts = 3;

    public Task<PointsDecision> Credit(string userId, long amount, PointsOrder order, CancellationToken cancellation) =>
        Once(order, PointsOutcome.KeyReused, (transaction, now) => Move(transaction, Made(userId, toUser: true, amount, TransferKind.Credit, Ref(order), order, now), order, cancellation), cancellation);

    public Task<PointsDecision> Debit(string userId, long amount, PointsOrder order, CancellationToken cancellation) =>
        Once(order, PointsOutcome.KeyReused, (transaction, now) => Move(transaction, Made(userId, toUser: false, amount, TransferKind.Debit, Ref(order), order, now), order, cancellation), cancellation);

    public Task<PointsDecision> Reverse(TransferId id, PointsOrder order, CancellationToken cancellation) => Once(
        order,
        PointsOutcome.AlreadyReversed,
        async (transaction, now) =>
        {
            var found = await transaction.Query($"SELECT {Wallets.Columns} FROM transfers WHERE id = $1", Wallets.Read, [id.Value], cancellation);
            if (found is not [var transfer])
                return PointsOutcome.NotFound;
            if (transfer.Kind is TransferKind.Reversal or TransferKind.Reward or TransferKind.Forfeit)
                return PointsOutcome.NotReversible;
            if (await IsReversed(transaction, transfer, cancellation))
                return PointsOutcome.AlreadyReversed;
            var back = Made(transfer.UserId, !transfer.ToUser, transfer.Amount, TransferKind.Reversal, transfer.Id.ToString(), order, now);
            return await Move(transaction, back, order, cancellation);
        },
        cancellation);

    /// <summary>So that this is what is told, whatever is left in the wallet. Between two at once the unique key decides.</summary>
    private static async Task<bool> IsReversed(NpgsqlTransaction transaction, Transfer transfer, CancellationToken cancellation) =>
        (await transaction.Query(
            "SELECT true FROM transfers WHERE user_id = $1 AND kind = 'reversal' AND ref = $2",
            row => row.GetBoolean(0), [transfer.UserId, transfer.Id.ToString()], cancellation)).Count > 0;

    /// <summary>
    /// The unique keys decide between two who are sent the same at once: whoever is second begins again, and finds the answer. Where there
    /// is none, the transfer is one that was made for something else.
    /// </summary>
    private async Task<PointsDecision> Once(
        PointsOrder order, PointsOutcome made, Func<NpgsqlTransaction, DateTimeOffset, Task<PointsDecision>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await Answered(order, cancellation) is { } answered)
                return answered;
            try
            {
                return await database.Any.InTransaction(transaction => work(transaction, time.GetUtcNow()), cancellation);
            }
            catch (PostgresException refused) when (refused.ConstraintName == "balances_in_range")
            {
                return PointsOutcome.BalanceFull;
            }
            catch (PostgresException refused)
                when (refused.ConstraintName is "idempotency_keys_pkey" or "transfers_once" && attempt < MaxAttempts)
            {
                // Looked for again from the beginning.
            }
            catch (PostgresException refused) when (refused.ConstraintName == "transfers_once")
            {
                return made;
            }
        }
    }

    private async Task<PointsDecision?> Answered(PointsOrder order, CancellationToken cancellation)
    {
        var found = await database.Any.Query(
            "SELECT fingerprint, answer FROM idempotency_keys WHERE subject = $1 AND key = $2",
            row => (Fingerprint: row.GetFieldValue<byte[]>(0), Answer: row.GetString(1)), [order.By.Id, order.Key.Text], cancellation);
        return found is not [var stored] ? null
            : order.Key.Fits(stored.Fingerprint) ? new PointsDecision(PointsOutcome.Done, stored.Answer)
            : PointsOutcome.KeyReused;
    }

    private static async Task<PointsDecision> Move(NpgsqlTransaction transaction, Transfer transfer, PointsOrder order, CancellationToken cancellation)
    {
        var balances = transfer.ToUser
            ? await transaction.Query(
                """
                INSERT INTO balances (user_id, balance)
                VALUES ($1, $2)
                ON CONFLICT (user_id) DO UPDATE
                SET balance = balances.balance + excluded.balance
                RETURNING balance
                """, row => row.GetInt64(0), [transfer.UserId, transfer.Amount], cancellation)
            : await transaction.Query(
                "UPDATE balances SET balance = balance - $2 WHERE user_id = $1 AND balance >= $2 RETURNING balance",
                row => row.GetInt64(0), [transfer.UserId, transfer.Amount], cancellation);
        if (balances is not [var balance])
            return PointsOutcome.InsufficientPoints;

        var answer = JsonSerializer.Serialize(new PointsMoved(transfer.Id, balance), JsonRules.Options);
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction)
        {
            BatchCommands =
            {
                Transfers.Insert([transfer]),
                IdempotentAnswers.Insert(new IdempotentAnswer(order.By.Id, order.Key, answer)),
                AuditTrail.Insert(PointsAudit.Moved(order, transfer)),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellation);
        return new PointsDecision(PointsOutcome.Done, answer);
    }

    /// <summary>Two services may choose the same key.</summary>
    private static string Ref(PointsOrder order) => $"{order.By.Id}:{order.Key.Text}";

    private static Transfer Made(string userId, bool toUser, long amount, TransferKind kind, string @ref, PointsOrder order, DateTimeOffset now) =>
        new(new TransferId(Guid.CreateVersion7(now)), userId, toUser, amount, kind, @ref, order.Reason, now, order.By.Id);
}

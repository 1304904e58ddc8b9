using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Wallet;

/// <summary>What a transfer is for.</summary>
public enum TransferKind
{
    /// <summary>The points of a claim.</summary>
    Reward,

    /// <summary>A service gave them.</summary>
    Credit,

    /// <summary>A service took them.</summary>
    Debit,

    /// <summary>Another transfer is undone.</summary>
    Reversal,

    /// <summary>What a user had whose account was erased.</summary>
    Forfeit,
}

/// <summary>Points from the issuer to a user, or back. By its kind and what it is for (<c>Ref</c>) it happens once.</summary>
internal sealed record Transfer(
    TransferId Id, string UserId, bool ToUser, long Amount, TransferKind Kind, string Ref, string? Reason, DateTimeOffset At, string By);

/// <summary>The statements on points that come in batches.</summary>
internal static class Transfers
{
    public static NpgsqlBatchCommand Insert(IReadOnlyList<Transfer> transfers)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO transfers (id, user_id, debit, credit, amount, kind, ref, reason, created_at, created_by)
            SELECT id, user_id,
                CASE WHEN to_user THEN 'issuer' ELSE 'user' END,
                CASE WHEN to_user THEN 'user' ELSE 'issuer' END,
                amount, kind, ref, reason, created_at, created_by
            FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::text[])
                AS made (id, user_id, to_user, amount, kind, ref, reason, created_at, created_by)
            """);
        command.Parameters.Add(Columns.Of(transfers, NpgsqlDbType.Uuid, one => one.Id.Value));
        command.Parameters.Add(Columns.Texts(transfers, one => one.UserId));
        command.Parameters.Add(Columns.Of(transfers, NpgsqlDbType.Boolean, one => one.ToUser));
        command.Parameters.Add(Columns.Of(transfers, NpgsqlDbType.Bigint, one => one.Amount));
        command.Parameters.Add(Columns.Texts(transfers, one => WireNames<TransferKind>.Of(one.Kind)));
        command.Parameters.Add(Columns.Texts(transfers, one => one.Ref));
        command.Parameters.Add(Columns.Texts(transfers, one => one.Reason));
        command.Parameters.Add(Columns.Of(transfers, NpgsqlDbType.TimestampTz, one => one.At.UtcDateTime));
        command.Parameters.Add(Columns.Texts(transfers, one => one.By));
        return command;
    }

    /// <summary>Fails, with the constraint on balances, where there are not so many.</summary>
    public static NpgsqlBatchCommand Subtract(string userId, long amount) => new(
        "UPDATE balances SET balance = balance - $2 WHERE user_id = $1")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = userId }, new NpgsqlParameter<long> { TypedValue = amount } },
    };

    /// <summary>Adds to balances, in the order of the users; a balance that would leave its range fails the statement.</summary>
    public static NpgsqlBatchCommand Add(IReadOnlyList<(string UserId, long Amount)> sums)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO balances (user_id, balance)
            SELECT user_id, amount
            FROM unnest($1::text[], $2::bigint[]) AS sums (user_id, amount)
            ON CONFLICT (user_id) DO UPDATE
            SET balance = balances.balance + excluded.balance
            """);
        command.Parameters.Add(Columns.Texts(sums, one => one.UserId));
        command.Parameters.Add(Columns.Of(sums, NpgsqlDbType.Bigint, one => one.Amount));
        return command;
    }
}

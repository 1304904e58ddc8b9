using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Events.Claims;

/// <summary>What a request was answered that had an effect.</summary>
/// <param name="Subject">Who asked.</param>
/// <param name="Key">Under which key.</param>
/// <param name="Json">What was answered.</param>
/// <param name="Lasts">Whether it is kept for good.</param>
internal sealed record IdempotentAnswer(string Subject, IdempotencyKey Key, string Json, bool Lasts = false);

/// <summary>The statements on answers that are kept with their effects.</summary>
internal static class IdempotentAnswers
{
    /// <summary>Each row begins with the number (from 1) of the key that it belongs to.</summary>
    public static NpgsqlBatchCommand Find(IReadOnlyList<(string Subject, string Key)> keys)
    {
        var command = new NpgsqlBatchCommand(
            """
            SELECT wanted.place, stored.fingerprint, stored.answer
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (subject, key, place)
            CROSS JOIN LATERAL (
                SELECT *
                FROM idempotency_keys
                WHERE idempotency_keys.subject = wanted.subject AND idempotency_keys.key = wanted.key
                OFFSET 0
            ) AS stored
            """);
        command.Parameters.Add(Columns.Texts(keys, one => one.Subject));
        command.Parameters.Add(Columns.Texts(keys, one => one.Key));
        return command;
    }

    /// <summary>Fails where another was first with the key.</summary>
    public static NpgsqlBatchCommand Insert(IdempotentAnswer answer) => new(
        "INSERT INTO idempotency_keys (subject, key, fingerprint, answer) VALUES ($1, $2, $3, $4)")
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = answer.Subject },
            new NpgsqlParameter<string> { TypedValue = answer.Key.Text },
            new NpgsqlParameter<byte[]> { TypedValue = answer.Key.Fingerprint },
            new NpgsqlParameter<string> { TypedValue = answer.Json },
        },
    };

    /// <summary>In the order of their keys. Writes fewer rows than it is given where another process was first with one of them.</summary>
    public static NpgsqlBatchCommand Keep(IReadOnlyList<IdempotentAnswer> answers)
    {
        var command = new NpgsqlBatchCommand(
            """
            INSERT INTO idempotency_keys (subject, key, fingerprint, answer, lasting)
            SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::boolean[])
            ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO NOTHING
            """);
        command.Parameters.Add(Columns.Texts(answers, one => one.Subject));
        command.Parameters.Add(Columns.Texts(answers, one => one.Key.Text));
        command.Parameters.Add(Columns.Of(answers, NpgsqlDbType.Bytea, one => one.Key.Fingerprint));
        command.Parameters.Add(Columns.Texts(answers, one => one.Json));
        command.Parameters.Add(Columns.Of(answers, NpgsqlDbType.Boolean, one => one.Lasts));
        return command;
    }
}

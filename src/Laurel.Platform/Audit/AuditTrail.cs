using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Access;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Laurel.Platform.Audit;

/// <summary>
/// Notes changes in the transaction that makes them, so that there is no change without its row and no row without its change. Each
/// service has a trail of its own, in its database. Numbers and hashes follow behind it.
/// </summary>
public static class AuditTrail
{
    /// <summary>The action of a row after which nothing of a person is left beside the chain.</summary>
    internal const string Erased = "person.erased";

    /// <summary>How many personal parts are taken away at once: an operator may have left one with each of a million grants.</summary>
    internal const int PartsAtOnce = 5_000;

    private const int SaltLength = 16;

    public static Task Add(NpgsqlTransaction transaction, AuditEntry entry, CancellationToken cancellation) => Add(transaction, [entry], cancellation);

    public static async Task Add(NpgsqlTransaction transaction, IReadOnlyList<AuditEntry> entries, CancellationToken cancellation)
    {
        if (entries.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction) { BatchCommands = { Insert(entries) } };
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The same as a part of a batch; of entries that are in their order.</summary>
    public static NpgsqlBatchCommand Insert(params IReadOnlyList<AuditEntry> entries)
    {
        var rows = entries.Select(Row.Of).ToList();
        var command = new NpgsqlBatchCommand(
            """
            WITH noted AS MATERIALIZED (
                SELECT nextval('audit_ids') AS id, entry.*
                FROM unnest(
                    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                    $10::bytea[], $11::text[], $12::bytea[], $13::bytea[], $14::text[], $15::bytea[])
                    AS entry (
                        actor_kind, actor, actor_role, action, subject_kind, subject_id, person, trace_id, change,
                        address_salt, address, address_commitment, change_salt, personal_change, change_commitment)
            ), kept AS (
                INSERT INTO audit (
                    id, actor_kind, actor, actor_role, action, subject_kind, subject_id, person, trace_id, change, address_commitment, change_commitment)
                SELECT
                    id, actor_kind, actor, actor_role, action, subject_kind, subject_id, person, trace_id, change::json, address_commitment, change_commitment
                FROM noted
            ), beside AS (
                INSERT INTO audit_personal (audit_id, part, salt, body)
                SELECT id, 'address', address_salt, address FROM noted WHERE address IS NOT NULL
                UNION ALL
                SELECT id, 'change', change_salt, personal_change FROM noted WHERE personal_change IS NOT NULL
            )
            INSERT INTO audit_unchained (audit_id)
            SELECT id FROM noted
            """);
        command.Parameters.Add(Columns.Texts(rows, row => WireNames<ActorKind>.Of(row.Entry.Actor.Kind)));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.Actor.Id));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.Actor.Role is { } role ? WireNames<Role>.Of(role) : null));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.Action));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.SubjectKind));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.SubjectId));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.Person));
        command.Parameters.Add(Columns.Texts(rows, row => row.Entry.Actor.TraceId));
        command.Parameters.Add(Columns.Texts(rows, row => row.OpenChange));
        AddPart(command, rows, row => row.Address);
        AddPart(command, rows, row => row.PersonalChange);
        return command;
    }

    /// <summary>
    /// Takes away what tells who somebody is: where they came from when they changed something, and what changes tell of them. That they
    /// were erased is a row itself, without which <c>laurel verify</c> would call what is gone removed. So much at once; returns whether
    /// there may be more.
    /// </summary>
    public static async Task<bool> Erase(NpgsqlTransaction transaction, Actor by, string person, CancellationToken cancellation)
    {
        var more = await TakeSome(transaction, person, cancellation);
        await NoteErased(transaction, by, person, cancellation);
        return more;
    }

    /// <summary>All of it in one transaction, of which one row tells.</summary>
    public static async Task EraseAll(NpgsqlTransaction transaction, Actor by, string person, CancellationToken cancellation)
    {
        bool more;
        do
            more = await TakeSome(transaction, person, cancellation);
        while (more);
        await NoteErased(transaction, by, person, cancellation);
    }

    /// <summary>What the chain holds of something that can be erased: without the salt nobody can tell from it what it was, or try.</summary>
    internal static byte[] Commit(byte[] salt, string body) => SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(body)]);

    /// <summary>Whether there may be more.</summary>
    private static async Task<bool> TakeSome(NpgsqlTransaction transaction, string person, CancellationToken cancellation)
    {
        // What is found is counted, and not what is deleted: another erasure of the same person may be at the same rows.
        var found = await transaction.Query(
            """
            WITH found AS MATERIALIZED (
                SELECT audit_id, part FROM audit JOIN audit_personal ON audit_id = audit.id AND part = 'address' WHERE audit.actor = $1
                UNION ALL
                SELECT audit_id, part FROM audit JOIN audit_personal ON audit_id = audit.id AND part = 'change' WHERE audit.person = $1
                LIMIT $2
            ), gone AS (
                DELETE FROM audit_personal
                USING found
                WHERE audit_personal.audit_id = found.audit_id AND audit_personal.part = found.part
            )
            SELECT count(*) FROM found
            """,
            row => row.GetInt64(0), [person, PartsAtOnce], cancellation);
        return found[0] == PartsAtOnce;
    }

    /// <summary>Who erases themselves does not leave their address behind.</summary>
    private static Task NoteErased(NpgsqlTransaction transaction, Actor by, string person, CancellationToken cancellation) =>
        Add(transaction, new AuditEntry(by.Id == person ? by with { Address = null } : by, Erased, "person", person), cancellation);

    private static void AddPart(NpgsqlBatchCommand command, IReadOnlyList<Row> rows, Func<Row, Part?> part)
    {
        command.Parameters.Add(Columns.Of(rows, NpgsqlDbType.Bytea, row => part(row)?.Salt));
        command.Parameters.Add(Columns.Texts(rows, row => part(row)?.Body));
        command.Parameters.Add(Columns.Of(rows, NpgsqlDbType.Bytea, row => part(row)?.Commitment));
    }

    private sealed record Part(byte[] Salt, string Body, byte[] Commitment)
    {
        public static Part? Of(string? body)
        {
            if (body is null)
                return null;
            var salt = RandomNumberGenerator.GetBytes(SaltLength);
            return new Part(salt, body, Commit(salt, body));
        }
    }

    /// <summary>An entry, parted into what is chained as it is and what stands beside the chain.</summary>
    private sealed record Row(AuditEntry Entry, string? OpenChange, Part? Address, Part? PersonalChange)
    {
        public static Row Of(AuditEntry entry)
        {
            var change = AuditChange.Of(entry.Before, entry.After);
            return entry.Person is null
                ? new Row(entry, change, Part.Of(entry.Actor.Address), null)
                : new Row(entry, null, Part.Of(entry.Actor.Address), Part.Of(change));
        }
    }
}

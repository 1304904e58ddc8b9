using Laurel.Platform.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Laurel.Platform.Audit;

/// <summary>
/// Numbers the rows of a trail and chains them by hashes, behind the transactions that wrote them. One process at a time does it, for
/// as long as a batch takes; the unique numbers would refuse a second one.
/// </summary>
internal sealed class AuditChain(NpgsqlDataSource database, string trail, CheckpointKey key, TimeSpan patience, ILogger<AuditChain> log)
{
    private const int Portion = 1000;

    /// <summary>A checkpoint is made after so many rows, or when one has been without for the patience that the chain was given.</summary>
    private const int RowsBetween = 1000;

    /// <summary>The advisory lock of whoever chains. The letters of "laurea".</summary>
    private const long LeaderKey = 0x6C61_7572_6561;

    /// <summary>To be called every second.</summary>
    public async Task Extend(CancellationToken cancellation)
    {
        int chained;
        do
        {
            (chained, var made) = await database.InTransaction(transaction => ExtendOnce(transaction, cancellation), cancellation);
            // Told once it is stored. Whoever keeps logs elsewhere keeps these.
            if (made is not null)
                log.LogInformation("Audit checkpoint {Checkpoint}", made.ToString());
        }
        while (chained == Portion);
    }

    /// <returns>How many rows were chained, and the checkpoint if one was due.</returns>
    internal async Task<(int Chained, Checkpoint? Made)> ExtendOnce(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        var leads = await transaction.Query("SELECT pg_try_advisory_xact_lock($1)", row => row.GetBoolean(0), [LeaderKey], cancellation);
        if (leads is not [true])
            return (0, null);

        // In a statement after the lock, so that it sees what the leader before this one has committed.
        var ends = await transaction.Query(
            "SELECT seq, hash FROM audit_chain ORDER BY seq DESC LIMIT 1", row => (Seq: row.GetInt64(0), Hash: row.GetFieldValue<byte[]>(1)), [], cancellation);
        var (seq, hash) = ends is [var end] ? end : (0L, AuditRow.Beginning);

        var rows = await Waiting(transaction, cancellation);
        if (rows.Count > 0)
        {
            var (ids, hashes) = (new long[rows.Count], new byte[rows.Count][]);
            for (var i = 0; i < rows.Count; i++)
                (ids[i], hashes[i]) = (rows[i].Id, hash = rows[i].Hash(hash, seq + i + 1));
            await Append(transaction, seq, ids, hashes, cancellation);
            seq += rows.Count;
        }

        return (rows.Count, seq == 0 ? null : await Mark(transaction, seq, hash, cancellation));
    }

    /// <summary>
    /// The oldest rows that wait, as far as all older transactions have ended: nothing can appear before them any more. A row from a
    /// transaction that is not yet possible here came with a dump from another PostgreSQL.
    /// </summary>
    private static Task<List<AuditRow>> Waiting(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Query(
            $"""
            SELECT {AuditRow.Columns}
            FROM audit_unchained AS waiting
            JOIN audit ON audit.id = waiting.audit_id
            WHERE waiting.xid < pg_snapshot_xmin(pg_current_snapshot())
               OR waiting.xid >= pg_snapshot_xmax(pg_current_snapshot())
            ORDER BY waiting.xid, waiting.audit_id
            LIMIT {Portion}
            """,
            row => AuditRow.Read(row, 0), [], cancellation);

    private static async Task Append(NpgsqlTransaction transaction, long seq, long[] ids, byte[][] hashes, CancellationToken cancellation)
    {
        await transaction.Execute(
            """
            INSERT INTO audit_chain (seq, audit_id, hash)
            SELECT $1 + place, audit_id, hash
            FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS next (audit_id, hash, place)
            """,
            [seq, ids, hashes], cancellation);
        await transaction.Execute("DELETE FROM audit_unchained WHERE audit_id = ANY ($1)", [ids], cancellation);
        // What was written while somebody was just being erased: the erasure could not see it.
        await transaction.Execute(
            """
            DELETE FROM audit_personal
            USING audit
            WHERE audit_personal.audit_id = ANY ($1)
              AND audit.id = audit_personal.audit_id
              AND EXISTS (
                  SELECT FROM audit AS erased
                  WHERE erased.action = $2
                    AND erased.subject_id = CASE part WHEN 'address' THEN audit.actor ELSE audit.person END
                    AND audit.at < erased.at + interval '1 minute')
            """,
            [ids, AuditTrail.Erased], cancellation);
    }

    private async Task<Checkpoint?> Mark(NpgsqlTransaction transaction, long seq, byte[] hash, CancellationToken cancellation)
    {
        var due = await transaction.Query(
            $"""
            WITH marked AS (
                SELECT COALESCE(max(seq), 0) AS seq FROM audit_checkpoints
            )
            SELECT date_trunc('milliseconds', now())
            FROM marked
            JOIN audit_chain AS next ON next.seq = marked.seq + 1
            JOIN audit ON audit.id = next.audit_id
            WHERE $1 - marked.seq >= {RowsBetween} OR audit.at <= now() - $2
            """,
            row => row.Time(0), [seq, patience], cancellation);
        if (due is not [var at])
            return null;
        var made = key.Sign(trail, seq, at, hash);
        await transaction.Execute(
            "INSERT INTO audit_checkpoints (seq, at, hash, signature) VALUES ($1, $2, $3, $4)", [seq, at, hash, made.Signature], cancellation);
        return made;
    }
}

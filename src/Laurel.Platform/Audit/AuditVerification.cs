using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Platform.Audit;

/// <summary>
/// Looks at a whole trail, a page at a time and beside running servers: whether any row was changed, removed, added or moved since it
/// was chained, and whether the chain still reaches as far as its checkpoints say.
/// </summary>
public sealed class AuditVerification
{
    private const int Portion = 1000;

    private readonly NpgsqlDataSource _database;
    private readonly CheckpointKey _key;
    private readonly string _trail;

    internal AuditVerification(NpgsqlDataSource database, string trail, CheckpointKey key) => (_database, _trail, _key) = (database, trail, key);

    public static bool HasCheckpoint(string text) => Checkpoint.AllIn(text).Any();

    /// <param name="kept">Texts with checkpoints that were kept elsewhere; those of other trails are passed over.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<AuditReport> Run(IEnumerable<string> kept, CancellationToken cancellation)
    {
        var report = new AuditReport(_trail);
        await Walk(report, cancellation);
        await LookBeside(report, cancellation);
        await LookAtStored(report, cancellation);
        foreach (var checkpoint in kept.SelectMany(Checkpoint.AllIn).Where(one => one.Trail == _trail))
        {
            var found = await _database.QueryOne(
                "SELECT hash FROM audit_chain WHERE seq = $1", row => row.GetFieldValue<byte[]>(0), [checkpoint.Seq], cancellation);
            Compare(checkpoint, found, "kept", report);
        }

        report.IsOwner = await _database.QueryOne(
            "SELECT has_table_privilege('audit', 'UPDATE') OR has_table_privilege('audit', 'DELETE')", row => row.GetBoolean(0), [], cancellation);
        return report;
    }

    /// <summary>
    /// Each row is held against the hash that is stored before it, so that of a changed row itself is named, and not all after it as well.
    /// </summary>
    private async Task Walk(AuditReport report, CancellationToken cancellation)
    {
        var (seq, hash) = (0L, (byte[]?)AuditRow.Beginning);
        while (true)
        {
            var links = await Links(seq, cancellation);
            foreach (var link in links)
            {
                if (link.Seq != seq + 1)
                {
                    report.Fault(link.Seq == seq + 2 ? $"seq {seq + 1} is removed" : $"seq {seq + 1} to {link.Seq - 1} are removed");
                    hash = null;
                }

                if (link.Row is null)
                    report.Fault($"seq {link.Seq} (id {link.Id}) is removed");
                else if (hash is not null && !link.Row.Hash(hash, link.Seq).AsSpan().SequenceEqual(link.Hash))
                    report.Fault($"seq {link.Seq} (id {link.Id}) is not what was chained there: it, or what stands before it, was changed or moved");
                (seq, hash) = (link.Seq, link.Hash);
            }

            await LookAtParts(links, report, cancellation);
            report.Chained += links.Count;
            if (links.Count < Portion)
                return;
        }
    }

    private Task<List<Link>> Links(long after, CancellationToken cancellation) => _database.Query(
        $"""
        SELECT {AuditRow.Columns}, chain.seq, chain.audit_id, chain.hash, address.salt, address.body, personal.salt, personal.body
        FROM (SELECT seq, audit_id, hash FROM audit_chain WHERE seq > $1 ORDER BY seq LIMIT {Portion}) AS chain
        LEFT JOIN audit ON audit.id = chain.audit_id
        LEFT JOIN audit_personal AS address ON address.audit_id = chain.audit_id AND address.part = 'address'
        LEFT JOIN audit_personal AS personal ON personal.audit_id = chain.audit_id AND personal.part = 'change'
        ORDER BY chain.seq
        """,
        row => new Link(
            row.GetInt64(13),
            row.GetInt64(14),
            row.GetFieldValue<byte[]>(15),
            row.IsDBNull(0) ? null : AuditRow.Read(row, 0),
            row.IsDBNull(16) ? null : AuditTrail.Commit(row.GetFieldValue<byte[]>(16), row.GetString(17)),
            row.IsDBNull(18) ? null : AuditTrail.Commit(row.GetFieldValue<byte[]>(18), row.GetString(19))),
        [after], cancellation);

    /// <summary>What stands beside the chain is what was committed to, or went when somebody was erased.</summary>
    private async Task LookAtParts(IReadOnlyList<Link> links, AuditReport report, CancellationToken cancellation)
    {
        var gone = new List<(Link Link, string Part, string? Person)>();
        foreach (var link in links)
        {
            if (link.Row is not { } row)
                continue;
            Look(link, "address", row.AddressCommitment, link.Address, row.Actor);
            Look(link, "change", row.ChangeCommitment, link.Change, row.Person);
        }

        if (gone.Count == 0)
            return;
        var erased = (await _database.Query(
            "SELECT DISTINCT subject_id FROM audit WHERE action = $1 AND subject_id = ANY ($2)",
            row => row.GetString(0), [AuditTrail.Erased, gone.Select(one => one.Person ?? "").ToArray()], cancellation)).ToHashSet(StringComparer.Ordinal);
        foreach (var (link, part, _) in gone.Where(one => one.Person is null || !erased.Contains(one.Person)))
            report.Fault($"seq {link.Seq} (id {link.Id}): its {part} is removed, though nobody was erased");
        report.Erased += gone.Where(one => one.Person is not null && erased.Contains(one.Person)).DistinctBy(one => one.Link.Seq).Count();

        void Look(Link link, string part, byte[]? committed, byte[]? found, string? person)
        {
            if (committed is not null && found is null)
                gone.Add((link, part, person));
            else if (!committed.AsSpan().SequenceEqual(found))
                report.Fault($"seq {link.Seq} (id {link.Id}): its {part} was {(committed is null ? "added" : "changed")}");
        }
    }

    /// <summary>Rows that are neither chained nor wait for it, and what waits without a row.</summary>
    private async Task LookBeside(AuditReport report, CancellationToken cancellation)
    {
        long? last = 0;
        while (last is not null)
        {
            var (next, strays) = await _database.QueryOne(
                $"""
                SELECT max(page.id), array_agg(page.id ORDER BY page.id) FILTER (WHERE chain.audit_id IS NULL AND waiting.audit_id IS NULL)
                FROM (SELECT id FROM audit WHERE id > $1 ORDER BY id LIMIT {Portion}) AS page
                LEFT JOIN audit_chain AS chain ON chain.audit_id = page.id
                LEFT JOIN audit_unchained AS waiting ON waiting.audit_id = page.id
                """,
                row => (row.Optional<long>(0), row.IsDBNull(1) ? [] : row.GetFieldValue<long[]>(1)), [last], cancellation);
            foreach (var id in strays)
                report.Fault($"id {id} is not in the chain, and does not wait to be");
            last = next;
        }

        var (count, without) = await _database.QueryOne(
            "SELECT count(*), min(audit_id) FILTER (WHERE NOT EXISTS (SELECT FROM audit WHERE id = audit_id)) FROM audit_unchained",
            row => (row.GetInt64(0), row.Optional<long>(1)), [], cancellation);
        report.Waiting = count;
        if (without is { } removed)
            report.Fault($"id {removed} is removed before it was chained");
    }

    private async Task LookAtStored(AuditReport report, CancellationToken cancellation)
    {
        var seq = 0L;
        while (true)
        {
            var stored = await _database.Query(
                $"""
                SELECT checkpoint.seq, checkpoint.at, checkpoint.hash, checkpoint.signature, chain.hash
                FROM (SELECT * FROM audit_checkpoints WHERE seq > $1 ORDER BY seq LIMIT {Portion}) AS checkpoint
                LEFT JOIN audit_chain AS chain ON chain.seq = checkpoint.seq
                ORDER BY checkpoint.seq
                """,
                row => (
                    Checkpoint: new Checkpoint(_trail, row.GetInt64(0), row.Time(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)),
                    Found: row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4)),
                [seq], cancellation);
            foreach (var (checkpoint, found) in stored)
                Compare(checkpoint, found, "stored", report);
            report.Checkpoints += stored.Count;
            if (stored.Count < Portion)
                return;
            seq = stored[^1].Checkpoint.Seq;
        }
    }

    private void Compare(Checkpoint checkpoint, byte[]? found, string which, AuditReport report)
    {
        if (!_key.HasSigned(checkpoint))
            report.Fault($"the {which} checkpoint at seq {checkpoint.Seq} is not signed with the key of this Laurel");
        else if (found is null)
            report.Fault($"seq {checkpoint.Seq} is removed: a {which} checkpoint of {checkpoint.At:O} says that the chain reached it, and was cut since");
        else if (!found.AsSpan().SequenceEqual(checkpoint.Hash))
            report.Fault($"seq {checkpoint.Seq}: its hash is not that of the {which} checkpoint of {checkpoint.At:O}, so it or what stands before it was made anew");
    }

    /// <summary>A place in the chain, the row that stands there, and commitments made anew of what stands beside it.</summary>
    private sealed record Link(long Seq, long Id, byte[] Hash, AuditRow? Row, byte[]? Address, byte[]? Change);
}

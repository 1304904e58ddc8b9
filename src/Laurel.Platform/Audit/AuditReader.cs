using System.Text.Json;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Platform.Audit;

/// <summary>Reads a trail for those who look at it.</summary>
internal sealed class AuditReader(NpgsqlDataSource database, string trail, CheckpointKey key)
{
    public Task<List<AuditView>> List(AuditFilter filter, long? before, int limit, CancellationToken cancellation)
    {
        var conditions = new Conditions();
        conditions.Add("audit.actor = {0}", filter.Actor);
        conditions.Add("audit.action = {0}", filter.Action);
        conditions.Add("audit.subject_kind = {0}", filter.SubjectKind);
        conditions.Add("audit.subject_id = {0}", filter.SubjectId);
        conditions.Add("audit.at >= {0}", filter.From?.ToUniversalTime());
        conditions.Add("audit.at < {0}", filter.To?.ToUniversalTime());
        conditions.Add("(audit.at, audit.id) < (SELECT at, id FROM audit WHERE id = {0})", before);
        return database.Query(
            $"""
            SELECT {AuditRow.Columns}, chain.seq, address.body, personal.body
            FROM audit
            LEFT JOIN audit_chain AS chain ON chain.audit_id = audit.id
            LEFT JOIN audit_personal AS address ON address.audit_id = audit.id AND address.part = 'address'
            LEFT JOIN audit_personal AS personal ON personal.audit_id = audit.id AND personal.part = 'change'
            {conditions.Where}
            ORDER BY audit.at DESC, audit.id DESC
            LIMIT {conditions.Value(limit)}
            """,
            View, conditions.Values, cancellation);
    }

    /// <summary>The latest one; null where nothing was chained yet.</summary>
    public async Task<CheckpointView?> Latest(CancellationToken cancellation)
    {
        var found = await database.QueryOne(
            "SELECT seq, at, hash, signature FROM audit_checkpoints ORDER BY seq DESC LIMIT 1",
            row => new Checkpoint(trail, row.GetInt64(0), row.Time(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3)), [], cancellation);
        return found is null ? null : new CheckpointView(found.ToString(), found.Seq, found.At, key.Public);
    }

    private static AuditView View(NpgsqlDataReader row)
    {
        var stored = AuditRow.Read(row, 0);
        var (address, personal) = (row.OptionalText(14), row.OptionalText(15));
        var change = (personal ?? stored.Change) is { } text ? JsonSerializer.Deserialize<StoredChange>(text, JsonRules.Options)! : new StoredChange();
        return new AuditView(
            stored.Id,
            row.Optional<long>(13),
            stored.At,
            WireNames<ActorKind>.Parse(stored.ActorKind),
            stored.Actor,
            stored.ActorRole,
            address,
            stored.TraceId,
            stored.Action,
            stored.SubjectKind,
            stored.SubjectId,
            change.Before,
            change.After,
            Erased: (stored.AddressCommitment is not null && address is null) || (stored.ChangeCommitment is not null && personal is null));
    }
}

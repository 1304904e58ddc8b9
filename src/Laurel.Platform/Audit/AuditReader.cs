using System.Text.Json;
using Laurel.Platform.Http;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Platform.Audit;

/// <summary>Reads a trail for those who look at it.</summary>
internal sealed class AuditReader(NpgsqlDataSource database, string trail, CheckpointKey key)
{
    /// <summary>Only what is asked for stands in the statement, so that each filter finds its index.</summary>
    public Task<List<AuditView>> List(AuditFilter filter, long? before, int limit, CancellationToken cancellation)
    {
        var (conditions, values) = (new List<string>(), new List<object?>());
        Where("audit.actor =", filter.Actor);
        Where("audit.action =", filter.Action);
        Where("audit.subject_kind =", filter.SubjectKind);
        Where("audit.subject_id =", filter.SubjectId);
        Where("audit.at >=", filter.From?.ToUniversalTime());
        Where("audit.at <", filter.To?.ToUniversalTime());
        if (before is not null)
        {
            values.Add(before);
            conditions.Add($"(audit.at, audit.id) < (SELECT at, id FROM audit WHERE id = ${values.Count})");
        }

        values.Add(limit);
        return database.Query(
            $"""
            SELECT {AuditRow.Columns}, chain.seq, address.body, personal.body
            FROM audit
            LEFT JOIN audit_chain AS chain ON chain.audit_id = audit.id
            LEFT JOIN audit_personal AS address ON address.audit_id = audit.id AND address.part = 'address'
            LEFT JOIN audit_personal AS personal ON personal.audit_id = audit.id AND personal.part = 'change'
            {(conditions.Count == 0 ? "" : $"WHERE {string.Join(" AND ", conditions)}")}
            ORDER BY audit.at DESC, audit.id DESC
            LIMIT ${values.Count}
            """,
            View, [.. values], cancellation);

        void Where(string condition, object? value)
        {
            if (value is null)
                return;
            values.Add(value);
            conditions.Add($"{condition} ${values.Count}");
        }
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
